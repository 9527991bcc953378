// The invariants as SQL: for each the number of things looked at, and a query whose every row is a violation (key, what). They read
// what `sources` names, and the provider's ledger, which stands in the temporary table `ledger`. They change nothing.
import { MAX_ATTEMPTS } from "../checkout/checkout.ts";
import type { Style } from "../marketplace.ts";
import { entityTable } from "../run/tables.ts";

interface Check {
  readonly invariant: string;
  /** One row, one column: how many things the check looks at. */
  readonly count: string;
  /** Rows of `key` and `what`. */
  readonly violations: string;
}

export const LEDGER_TABLE =
  "create temporary table ledger (kind text not null, key text not null, order_id text not null, pence bigint not null) on commit drop";

const SHARED = { stock: "stock", holds: "hold", taken: "hold_lines", restocks: "restock", notifications: "notification" } as const;
const ENTITIES = {
  choreography: { ...SHARED, orders: "order", returns: "goods_return", payments: "payment", refunds: "refund" },
  workflow: {
    ...SHARED, kept_orders: "order", kept_returns: "goods_return", checkouts: "checkout_run", takebacks: "takeback_run",
  },
} as const;

/** Whether a run needs attention stands in the run, and nobody copies it. */
const WITH_ATTENTION = `
    orders as (
      select o.key, case when r.body->>'status' = 'attention' then jsonb_set(o.body::jsonb, '{status}', '"needs attention"')::json else o.body end as body
      from kept_orders o left join checkouts r using (key)),
    returns as (
      select o.key, case when r.body->>'status' = 'attention' then jsonb_set(o.body::jsonb, '{status}', '"needs attention"')::json else o.body end as body
      from kept_returns o left join takebacks r using (key)),`;

/** The tables that the checks read, but for the few calls. */
export function auditedTables(schema: string, style: Style): readonly string[] {
  return [`"${schema}".log`, ...Object.values(ENTITIES[style]).map((entity) => entityTable(schema, entity))];
}

/** What the checks read, as a `with` clause: one tenant's documents, its log, its calls, and the ledger added up per order. */
export function sources(schema: string, style: Style, tenant: string): string {
  const where = `where tenant = '${tenant.replaceAll("'", "''")}'`;
  const documents = Object.entries(ENTITIES[style]).map(([name, entity]) => `${name} as (select key, body from ${entityTable(schema, entity)} ${where})`);
  return `with ${documents.join(",\n")},${style === "workflow" ? WITH_ATTENTION : ""}
    log as (select key, name, body from "${schema}".log ${where}),
    calls as (select routing_key, operation, call_key, state from "${schema}".call ${where}),
    money as (
      select order_id, count(*) filter (where kind = 'captured') as charges,
        coalesce(sum(pence) filter (where kind = 'captured'), 0) as captured, coalesce(sum(pence) filter (where kind = 'refunded'), 0) as refunded
      from ledger group by order_id)`;
}

const ENDED = "('confirmed', 'rejected', 'refused', 'compensated', 'cancelled')";
const RETURN_ENDED = "('completed', 'refused')";

const EVERYWHERE: readonly Check[] = [
  {
    invariant: "INV-1 stock is never negative and never appears or vanishes",
    count: "select count(*) from stock",
    violations: `, used as (
        select line->>'sku' as sku, sum((line->>'quantity')::bigint * held)::bigint as held, sum((line->>'quantity')::bigint * sold)::bigint as sold
        from (
          select json_array_elements(taken.body->'lines') as line, (holds.body->>'state' = 'held')::int as held,
            (holds.body->>'state' = 'sold')::int as sold
          from holds join taken on taken.key = holds.key
          union all select json_array_elements(body->'lines'), 0, -1 from restocks) as one
        group by 1),
      shelves as (
        select stock.key, (body->>'initial')::bigint as initial, (body->>'onHand')::bigint as on_hand, coalesce(held, 0) as held, coalesce(sold, 0) as sold
        from stock left join used on used.sku = stock.key)
      select key, format('initial %s, on hand %s; the holds say held %s, sold %s', initial, on_hand, held, sold) as what
      from shelves where least(on_hand, held, sold) < 0 or on_hand + held + sold <> initial`,
  },
  {
    invariant: "INV-2 at most one captured charge per order",
    count: "select count(*) from ledger where kind = 'captured'",
    violations: "select order_id as key, format('%s charges captured', charges) as what from money where charges > 1",
  },
  {
    invariant: "INV-3 compensated or cancelled: nothing held, nothing kept",
    count: "select count(*) from orders where body->>'status' in ('compensated', 'cancelled')",
    violations: `
      select o.key, format('hold %s, captured %s, refunded %s', h.body->>'state', coalesce(captured, 0), coalesce(refunded, 0)) as what
      from orders o left join holds h using (key) left join money on order_id = o.key
      where o.body->>'status' in ('compensated', 'cancelled')
        and (h.body->>'state' in ('held', 'sold') or coalesce(captured, 0) <> coalesce(refunded, 0))`,
  },
  {
    invariant: "INV-4 confirmed: exactly one charge of the right amount, hold consumed",
    count: "select count(*) from orders where body->>'status' = 'confirmed'",
    violations: `
      select o.key, format('%s charges of %s pence for an order of %s, hold %s', coalesce(charges, 0), coalesce(captured, 0), o.body->>'pence',
        h.body->>'state') as what
      from orders o left join holds h using (key) left join money on order_id = o.key
      where o.body->>'status' = 'confirmed'
        and (charges is distinct from 1 or captured <> (o.body->>'pence')::bigint or h.body->>'state' is distinct from 'sold')`,
  },
  {
    invariant: "INV-5 every order and return reaches its end",
    count: "select (select count(*) from orders) + (select count(*) from returns)",
    violations: `
      select key, format('is still %s', body->>'status') as what from orders where body->>'status' not in ${ENDED}
      union all select key, format('is still %s', body->>'status') from returns where body->>'status' not in ${RETURN_ENDED}
      union all select l.key, format('%s was taken at the door, and there is no document of it', l.name)
        from log l left join orders o using (key) left join returns r using (key)
        where l.name in ('place-order', 'return-goods') and o.body is null and r.body is null`,
  },
  {
    invariant: "INV-6 exactly one customer message per terminal outcome",
    count: "select count(*) from notifications",
    violations: `, ended as (
        select key, body->>'status' as outcome from orders where body->>'status' in ${ENDED}
        union all select key, 'return ' || (body->>'status') from returns where body->>'status' in ${RETURN_ENDED}),
      said as (select key, count(*) as times from log where name = 'customer.notified' group by key)
      select key, format('ended as %s; told %s, %s documents, %s messages', coalesce(ended.outcome, 'nothing'),
        coalesce(n.body->>'outcome', 'nothing'), coalesce(n.body->>'sent', '0'), coalesce(said.times, 0)) as what
      from ended full join notifications n using (key) full join said using (key)
      where ended.outcome is distinct from n.body->>'outcome' or n.body->>'sent' is distinct from '1' or said.times is distinct from 1`,
  },
  {
    invariant: "INV-7 a release or refund is applied at most once",
    count: "select (select count(*) from holds where body->>'state' = 'released') + (select count(*) from ledger where kind = 'refunded')",
    violations: `
      select key, format('%s releases put units back', count(*)) as what from log
        where name = 'stock.released' and (body->>'units')::bigint > 0 group by key having count(*) > 1
      union all select key, format('%s times restocked', count(*)) from log where name = 'goods.restocked' group by key having count(*) > 1
      union all select order_id, format('captured %s, refunded %s', captured, refunded) from money where refunded > captured
      union all select key, format('%s refunds under one key', count(*)) from ledger where kind = 'refunded' group by key having count(*) > 1`,
  },
];

const VISIBLE = "INV-8 a compensation that keeps failing is visible";
const UNKNOWN_FOR_EVER = `
      select call_key, format('the outcome of %s stayed unknown, and the order or return says %s', operation,
          coalesce(o.body->>'status', r.body->>'status', 'nothing'))
        from calls left join orders o on o.key = routing_key left join returns r on r.key = routing_key
        where state = 'attention' and coalesce(o.body->>'status', r.body->>'status') is distinct from 'needs attention'`;

const VISIBLE_IN: Readonly<Record<Style, Check>> = {
  choreography: {
    invariant: VISIBLE,
    count: "select (select count(*) from payments where body->>'giveBack' = 'true') + (select count(*) from refunds)",
    violations: `
      select key, format('the refund is stuck, and the order says %s', coalesce(o.body->>'status', 'nothing')) as what
        from payments p left join orders o using (key)
        where p.body->>'state' = 'refund stuck' and o.body->>'status' is distinct from 'needs attention'
      union all select key, format('a refund is stuck, and the return says %s', coalesce(r.body->>'status', 'nothing'))
        from refunds f left join returns r using (key)
        where (f.body->'parts')::text like '%"refund stuck"%' and r.body->>'status' is distinct from 'needs attention'
      union all ${UNKNOWN_FOR_EVER}`,
  },
  // Given up: tried for the last time, and neither done nor taken up again by a person since.
  workflow: {
    invariant: VISIBLE,
    count: `select (select count(*) from takebacks)
      + (select count(*) from checkouts where exists (select 1 from json_array_elements(body->'journal') e where e->>'kind' = 'undo'))`,
    violations: `, given_up as (
        select key, body->>'status' as status from (select * from checkouts union all select * from takebacks) as runs
        where exists (
          select 1 from json_array_elements(body->'journal') with ordinality as tried(e, n)
          where tried.e->>'kind' = 'again' and (tried.e->>'attempt')::int >= ${MAX_ATTEMPTS} and not exists (
            select 1 from json_array_elements(body->'journal') with ordinality as later(e, n)
            where later.n > tried.n and (later.e->>'kind' = 'retried' or (later.e->>'kind' = 'settled' and later.e->>'of' = tried.e->>'of')))))
      select key, format('what it must do was given up, and the run says %s', status) as what from given_up where status <> 'attention'
      union all ${UNKNOWN_FOR_EVER}`,
  },
};

export function checksOf(style: Style): readonly Check[] {
  return [...EVERYWHERE, VISIBLE_IN[style]];
}
