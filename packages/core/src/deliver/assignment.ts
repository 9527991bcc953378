// Assignment: which worker should hold which partition, computed alike by every worker from the same roster. Services are spread first,
// partitions second: one process per service batches best, and shared documents never meet a rival. Pure.
import type { Spread } from "../settings.ts";
import type { Roster } from "../spi/store.ts";

/**
 * The partitions of each group that `worker` should hold.
 *
 * With at least as many groups as workers, each group goes whole to one worker; with more workers than groups, a group's partitions are
 * dealt over its workers. A gathered group goes whole to the worker that gathers it. Only workers that know a group get it.
 */
export function assignment(
  roster: Roster, groups: readonly string[], partitionsOf: (group: string) => number, worker: string, spread: Spread,
): ReadonlyMap<string, readonly number[]> {
  const load = new Map<string, number>(roster.workers.map((one) => [one.id, 0]));
  const result = new Map<string, readonly number[]>();
  groups.forEach((group, index) => {
    const eligible = roster.workers.filter((one) => one.groups.includes(group)).map((one) => one.id);
    const count = partitionsOf(group);
    if (eligible.length === 0) return;
    const gatherer = roster.gathered.find((one) => one.group === group && eligible.includes(one.worker))?.worker;
    const owners = gatherer !== undefined ? [gatherer] : spread === "partitions" ? eligible : share(eligible, groups.length, index, load);
    for (const owner of owners) load.set(owner, (load.get(owner) ?? 0) + 1);
    const mine = owners.indexOf(worker);
    if (mine < 0) return;
    const partitions = Array.from({ length: count }, (_, partition) => partition).filter((partition) => partition % owners.length === mine);
    if (partitions.length > 0) result.set(group, partitions);
  });
  return result;
}

/** The workers of the group at `index`: the least loaded one, and every further worker that would otherwise stand idle. */
function share(eligible: readonly string[], groups: number, index: number, load: ReadonlyMap<string, number>): readonly string[] {
  if (eligible.length <= groups) {
    let best = eligible[0] ?? "";
    for (const one of eligible) if ((load.get(one) ?? 0) < (load.get(best) ?? 0)) best = one;
    return [best];
  }
  return eligible.filter((_, position) => position % groups === index % groups);
}
