// INV-9: the history of an order replays to its stored status. SQL groups the orders by their story, of which there are few, and each story is
// replayed once by a pure function: choreographed, the one that the handlers use, over the order's history; with workflows, one that knows the
// checkout's journal, over that.
import { replayCheckout } from "../checkout/checkoutJournal.ts";
import type { Style } from "../marketplace.ts";
import { replay } from "../orders/orderState.ts";
import type { Sql } from "../run/tables.ts";
import type { Violation } from "./violation.ts";

export const REPLAYS = "INV-9 the history of an order replays to its stored status";

interface Replayed { readonly checked: number; readonly violations: readonly Violation[] }

const STORIES: Readonly<Record<Style, string>> = {
  choreography: `
    select key, body->>'status' as status, (
      select string_agg(e->>'fact', ',' order by n) from json_array_elements(body->'history') with ordinality as h(e, n)) as story
    from orders`,
  // What the run was told: each answer under the name of what was asked for. An order that was refused has no run.
  workflow: `
    select o.key, o.body->>'status' as status, (
      select string_agg(case
          when e->>'kind' = 'cancelled' then 'cancelled'
          when of->>'kind' = 'requested' then concat_ws(' ', of->>'name', e->'end'->>'kind', e->'end'->'value'->>'name')
          else 'undone ' || (r.body->'journal'->(of->>'of')::int->>'name') end, ',' order by n)
      from json_array_elements(r.body->'journal') with ordinality as j(e, n), lateral (select r.body->'journal'->(e->>'of')::int as of) as asked
      where e->>'kind' in ('settled', 'cancelled')) as story
    from kept_orders o left join checkouts r using (key)`,
};

/** @param read the `with` clause that names the orders */
export async function replayCheck(sql: Sql, style: Style, read: string): Promise<Replayed> {
  const stories = await sql.query(`${read}
    select story, status, count(*)::int as orders, min(key) as example from (${STORIES[style]}) as one
    group by story, status`);
  let checked = 0;
  const violations: Violation[] = [];
  for (const row of stories) {
    const [orders, status] = [Number(row["orders"]), String(row["status"])];
    const story = typeof row["story"] === "string" ? row["story"] : "";
    checked += orders;
    const replayed = style === "workflow" ? replayCheckout(story.split(",")) : replay(story.split(","));
    if (replayed === status) continue;
    const what = `${story} replays to ${replayed}, and ${status} is stored (${orders} orders)`;
    violations.push({ invariant: REPLAYS, key: String(row["example"]), what });
  }
  return { checked, violations };
}
