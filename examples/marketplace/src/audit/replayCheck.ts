// INV-9: the history of an order replays to its stored status. SQL groups the orders by their story, of which there are few, and each
// story is replayed once by the same pure function that the handlers use.
import { replay } from "../orders/orderState.ts";
import type { Sql } from "../run/tables.ts";
import type { Violation } from "./violation.ts";

export const REPLAYS = "INV-9 the history of an order replays to its stored status";

interface Replayed { readonly checked: number; readonly violations: readonly Violation[] }

/** @param read the `with` clause that names the orders */
export async function replayCheck(sql: Sql, read: string): Promise<Replayed> {
  const stories = await sql.query(`${read}
    select story, status, count(*)::int as orders, min(key) as example from (
      select key, body->>'status' as status, (
        select string_agg(e->>'fact', ',' order by n) from json_array_elements(body->'history') with ordinality as h(e, n)) as story
      from orders) as one
    group by story, status`);
  let checked = 0;
  const violations: Violation[] = [];
  for (const row of stories) {
    const [orders, status] = [Number(row["orders"]), String(row["status"])];
    const story = typeof row["story"] === "string" ? row["story"] : "";
    checked += orders;
    const replayed = replay(story.split(","));
    if (replayed === status) continue;
    const what = `${story} replays to ${replayed}, and ${status} is stored (${orders} orders)`;
    violations.push({ invariant: REPLAYS, key: String(row["example"]), what });
  }
  return { checked, violations };
}
