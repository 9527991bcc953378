// INV-9: the history of an order replays to its stored status. SQL groups the orders by their story, of which there are few, and each
// story is replayed once by the same pure function that the handlers use.
import { replay } from "../orders/orderState.ts";
import { entityTable, type Sql } from "../run/tables.ts";
import type { Violation } from "./audit.ts";

export const REPLAYS = "INV-9 the history of an order replays to its stored status";

export async function replayCheck(sql: Sql, schema: string): Promise<{ readonly checked: number; readonly violations: readonly Violation[] }> {
  const stories = await sql.query(`
    select story, status, count(*)::int as orders, min(key) as example from (
      select o.key, o.body->>'status' as status, (select string_agg(e->>'fact', ',' order by n) from json_array_elements(o.body->'history') with ordinality as h(e, n)) as story
      from ${entityTable(schema, "order")} o) as one group by story, status`);
  let checked = 0;
  const violations: Violation[] = [];
  for (const row of stories) {
    const [orders, status, story] = [Number(row["orders"]), String(row["status"]), String(row["story"] ?? "")];
    checked += orders;
    const replayed = replay(story.split(","));
    if (replayed === status) continue;
    violations.push({ invariant: REPLAYS, key: String(row["example"]), what: `${story} replays to ${replayed}, and ${status} is stored (${orders} orders)` });
  }
  return { checked, violations };
}
