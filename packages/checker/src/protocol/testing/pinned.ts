// What the tests of the protocols pin: that an exploration saw everything and how much that was, or what it finds and after how many moves; and
// that the form of a world tells apart all worlds whose futures differ.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { explore } from "../../explore/explore.ts";
import type { Report } from "../../report.ts";
import type { Subject } from "../../space.ts";

export interface Seen { readonly distinct: number; readonly depth: number }

export async function passes<World>(t: TestContext, subject: Subject<World>, seen: Seen): Promise<Report> {
  const report = await explore(subject);
  t.diagnostic(`${String(report.distinct)} states, ${String(report.generated)} transitions in ${report.seconds.toFixed(1)} s`);
  assert.equal(report.verdict, "pass", `${report.reason}\n${traceOf(report)}`);
  assert.deepEqual({ distinct: report.distinct, depth: report.depth }, seen);
  return report;
}

export interface Found { readonly property: string; readonly moves: number }

/** The shortest way to what is wrong has so many moves. */
export async function isFound<World>(t: TestContext, subject: Subject<World>, found: Found): Promise<Report> {
  const report = await explore(subject, { maxStates: 100_000 });
  t.diagnostic(`"${report.trace?.property ?? report.verdict}" in ${String(report.distinct)} states, ${report.seconds.toFixed(1)} s`);
  const moves = (report.trace?.steps.length ?? 0) - 1;
  assert.deepEqual({ property: report.trace?.property ?? report.verdict, moves }, found, traceOf(report));
  return report;
}

export function movesOf(report: Report): string[] {
  return (report.trace?.steps ?? []).slice(1).map(({ action, detail }) => `${action ?? ""} ${String(detail)}`.trim());
}

function traceOf(report: Report): string {
  return movesOf(report).join("\n");
}

/**
 * Worlds of one form must lead to worlds of the same forms by the same moves: then leaving all but one of them out loses nothing. Compares the
 * first world of each form with a share of those that are met later, breadth first, up to so many forms. Returns how many were compared.
 */
export function keepsFutures<World>({ space }: Subject<World>, limit: number, everyNth: number): number {
  const words = new Uint32Array(4);
  const formOf = (world: World): string => {
    space.fingerprint(world, words, 0);
    return words.join();
  };
  const future = (world: World): string => {
    const ends: string[] = [];
    void space.expand(world, (action, next) => { ends.push(`${String(action)}:${formOf(next)}`); });
    return ends.sort().join("\n");
  };
  const first = new Map<string, World>();
  const queue: World[] = [...space.initials()];
  for (const world of queue) first.set(formOf(world), world);
  let met = 0;
  let compared = 0;
  for (let world = queue.shift(); world !== undefined && first.size < limit; world = queue.shift()) {
    void space.expand(world, (action, next) => {
      const form = formOf(next);
      const known = first.get(form);
      if (known === undefined) {
        first.set(form, next);
        queue.push(next);
      } else if (++met % everyNth === 0) {
        compared++;
        assert.equal(future(next), future(known), `two worlds of one form differ in what can follow, after "${space.actions[action] ?? ""}"`);
      }
    });
  }
  return compared;
}
