// The invariants as SQL: for each the number of things looked at, and a query whose every row is a violation (key, what). They read
// the entity tables, the log, and the provider's ledger, which stands in the temporary table `ledger`. They change nothing.
import { entityTable, logTable } from "../run/tables.ts";

export interface Check {
  readonly invariant: string;
  /** One row, one column: how many things the check looks at. */
  readonly count: string;
  /** Rows of `key` and `what`. */
  readonly violations: string;
}

export const LEDGER_TABLE = "create temporary table ledger (kind text not null, key text not null, order_id text not null, pence bigint not null) on commit drop";

const ENDED = "('confirmed', 'rejected', 'refused', 'compensated', 'cancelled')";
const RETURN_ENDED = "('completed', 'refused')";

export function checks(schema: string): readonly Check[] {
  const [orders, returns, stock, hold, restock, payment, refund, notification] =
    ["order", "goods_return", "stock", "hold", "restock", "payment", "refund", "notification"].map((name) => entityTable(schema, name));
  const log = logTable(schema);
  const money = "(select order_id, count(*) filter (where kind = 'captured') as charges, coalesce(sum(pence) filter (where kind = 'captured'), 0) as captured, "
    + "coalesce(sum(pence) filter (where kind = 'refunded'), 0) as refunded from ledger group by order_id)";
  return [
    {
      invariant: "INV-1 stock is never negative and never appears or vanishes",
      count: `select count(*) from ${stock}`,
      violations: `
        with used as (
          select line->>'sku' as sku, sum((line->>'quantity')::bigint * held)::bigint as held, sum((line->>'quantity')::bigint * sold)::bigint as sold from (
            select json_array_elements(body->'lines') as line, (body->>'state' = 'held')::int as held, (body->>'state' = 'sold')::int as sold from ${hold}
            union all select json_array_elements(body->'lines'), 0, -1 from ${restock}) as one group by 1),
        shelf as (select key, (body->>'initial')::bigint as initial, (body->>'onHand')::bigint as on_hand, (body->>'held')::bigint as held, (body->>'sold')::bigint as sold from ${stock})
        select shelf.key, format('initial %s, on hand %s, held %s, sold %s; the holds say held %s, sold %s', initial, on_hand, shelf.held, shelf.sold, coalesce(used.held, 0), coalesce(used.sold, 0)) as what
        from shelf left join used on used.sku = shelf.key
        where least(on_hand, shelf.held, shelf.sold) < 0 or on_hand + shelf.held + shelf.sold <> initial
          or shelf.held <> coalesce(used.held, 0) or shelf.sold <> coalesce(used.sold, 0)`,
    },
    {
      invariant: "INV-2 at most one captured charge per order",
      count: "select count(*) from ledger where kind = 'captured'",
      violations: "select order_id as key, format('%s charges captured', count(*)) as what from ledger where kind = 'captured' group by 1 having count(*) > 1",
    },
    {
      invariant: "INV-3 compensated or cancelled: nothing held, nothing kept",
      count: `select count(*) from ${orders} where body->>'status' in ('compensated', 'cancelled')`,
      violations: `
        select o.key, format('hold %s, captured %s, refunded %s', h.body->>'state', coalesce(m.captured, 0), coalesce(m.refunded, 0)) as what
        from ${orders} o left join ${hold} h using (tenant, key) left join ${money} m on m.order_id = o.key
        where o.body->>'status' in ('compensated', 'cancelled') and (h.body->>'state' in ('held', 'sold') or coalesce(m.captured, 0) <> coalesce(m.refunded, 0))`,
    },
    {
      invariant: "INV-4 confirmed: exactly one charge of the right amount, hold consumed",
      count: `select count(*) from ${orders} where body->>'status' = 'confirmed'`,
      violations: `
        select o.key, format('%s charges of %s pence for an order of %s, hold %s', coalesce(m.charges, 0), coalesce(m.captured, 0), o.body->>'pence', h.body->>'state') as what
        from ${orders} o left join ${hold} h using (tenant, key) left join ${money} m on m.order_id = o.key
        where o.body->>'status' = 'confirmed' and (m.charges is distinct from 1 or m.captured <> (o.body->>'pence')::bigint or h.body->>'state' is distinct from 'sold')`,
    },
    {
      invariant: "INV-5 every order and return reaches its end",
      count: `select (select count(*) from ${orders}) + (select count(*) from ${returns})`,
      violations: `
        select key, format('is still %s', body->>'status') as what from ${orders} where body->>'status' not in ${ENDED}
        union all select key, format('is still %s', body->>'status') from ${returns} where body->>'status' not in ${RETURN_ENDED}
        union all select l.key, format('%s was taken at the door, and there is no document of it', l.name) from ${log} l
          left join ${orders} o on o.key = l.key left join ${returns} r on r.key = l.key
          where l.name in ('place-order', 'return-goods') and o.key is null and r.key is null`,
    },
    {
      invariant: "INV-6 exactly one customer message per terminal outcome",
      count: `select count(*) from ${notification}`,
      violations: `
        with ended as (
          select key, body->>'status' as outcome from ${orders} where body->>'status' in ${ENDED}
          union all select key, 'return ' || (body->>'status') from ${returns} where body->>'status' in ${RETURN_ENDED}),
        said as (select key, count(*) as times from ${log} where name = 'customer.notified' group by key)
        select key, format('ended as %s; told %s, %s documents, %s messages', coalesce(ended.outcome, 'nothing'), coalesce(n.body->>'outcome', 'nothing'), coalesce(n.body->>'sent', '0'), coalesce(said.times, 0)) as what
        from ended full join ${notification} n using (key) full join said using (key)
        where ended.outcome is distinct from n.body->>'outcome' or n.body->>'sent' is distinct from '1' or said.times is distinct from 1`,
    },
    {
      invariant: "INV-7 a release or refund is applied at most once",
      count: `select (select count(*) from ${hold} where body->>'state' = 'released') + (select count(*) from ledger where kind = 'refunded')`,
      violations: `
        select key, format('%s releases put units back', count(*)) as what from ${log} where name = 'stock.released' and (body->>'units')::bigint > 0 group by key having count(*) > 1
        union all select key, format('%s times restocked', count(*)) from ${log} where name = 'goods.restocked' group by key having count(*) > 1
        union all select order_id, format('captured %s, refunded %s', captured, refunded) from ${money} m where refunded > captured
        union all select key, format('%s refunds under one key', count(*)) from ledger where kind = 'refunded' group by key having count(*) > 1`,
    },
    {
      invariant: "INV-8 a compensation that keeps failing is visible",
      count: `select (select count(*) from ${payment} where body->>'giveBack' = 'true') + (select count(*) from ${refund})`,
      violations: `
        select key, format('the refund is stuck, and the order says %s', coalesce(o.body->>'status', 'nothing')) as what from ${payment} p left join ${orders} o using (tenant, key)
          where p.body->>'state' = 'refund stuck' and o.body->>'status' is distinct from 'needs attention'
        union all select key, format('a refund is stuck, and the return says %s', coalesce(r.body->>'status', 'nothing')) from ${refund} f left join ${returns} r using (tenant, key)
          where (f.body->'parts')::text like '%"refund stuck"%' and r.body->>'status' is distinct from 'needs attention'
        union all select call_key, format('%s is given up in state %s, and the order says %s', operation, c.state, coalesce(o.body->>'status', r.body->>'status', 'nothing'))
          from "${schema}".call c left join ${orders} o on o.key = c.routing_key left join ${returns} r on r.key = c.routing_key
          where c.state = 'attention' and coalesce(o.body->>'status', r.body->>'status') is distinct from 'needs attention'`,
    },
  ];
}
