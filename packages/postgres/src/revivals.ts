// Revivals: the values with which a commit changes them, and how the next owner of a partition reads them.
import type { Revival, RevivalChange, RevivalRequest } from "@evenkeel/core/spi";
import { int4Array, textArray } from "./arrays.ts";
import { number, storeError, text } from "./connection.ts";
import { groupNumber, type Scope } from "./scope.ts";

/** Each key once, as it was named last, and all in one order. */
export function revivalArrays(changes: readonly RevivalChange[]): readonly (Buffer | string)[] {
  const last = [...new Map(changes.map((one) => [`${String(one.partition)}\u0000${one.tenant}\u0000${one.key}`, one])).values()];
  last.sort((a, b) => a.partition - b.partition || compare(a.tenant, b.tenant) || compare(a.key, b.key));
  return [
    int4Array(last.map((one) => one.partition)),
    textArray(last.map((one) => one.tenant)),
    textArray(last.map((one) => one.key)),
    `{${last.map((one) => (one.on ? "t" : "f")).join(",")}}`,
  ];
}

export async function readRevivals(scope: Scope, { group, partitions, limit, after }: RevivalRequest): Promise<readonly Revival[]> {
  try {
    // One look into the index per partition: the partition of the last page is gone on with behind its last key, earlier ones are done with.
    const left = [...new Set(partitions)].filter((partition) => partition >= (after?.partition ?? 0)).sort((a, b) => a - b);
    const from = left.map((partition) => (partition === after?.partition ? after : null));
    const rows = await scope.database.query(
      `
      select r.partition, r.tenant, r.key
      from unnest($2::int[], $4::text[], $5::text[]) as u(partition, tenant, key) cross join lateral (
        select * from ${scope.s}.revival r
        where r.consumer_group = $1 and r.partition = u.partition and (u.tenant is null or (r.tenant, r.key) > (u.tenant, u.key))
        order by r.tenant, r.key limit $3) r
      order by r.partition, r.tenant, r.key limit $3`,
      [groupNumber(scope, group), int4Array(left), limit, textArray(from.map((one) => one?.tenant ?? null)), textArray(from.map((one) => one?.key ?? null))],
    );
    return rows.map((row): Revival => ({ partition: number(row[0]), tenant: text(row[1]), key: text(row[2]) }));
  } catch (error) {
    throw storeError(error, "reading revivals");
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
