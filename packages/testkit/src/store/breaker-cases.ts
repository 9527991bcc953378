// The promises of shared breakers: a change succeeds once of all who ask for it, only from a phase that allows it, the roster tells of it, one
// prober at a time, a claim that lapses, and resets that stay recorded.
import type { BreakerChange, BreakerChanged, BreakerRow, Store } from "@evenkeel/core/spi";
import { onStore } from "./conformance-case.ts";
import { holds, only, same } from "./expect.ts";
import type { Scene } from "./scene.ts";
import type { ConformanceCase } from "./store-fixture.ts";

const LONG_MS = 60_000;
const OPERATION = "card.charge";

const change = (kind: BreakerChange["kind"], version: number, by = "w1", forMs = LONG_MS): BreakerChange => ({ operation: OPERATION, kind, version, by, forMs });

/** What a change came to, as "applied halfOpen 2 w1". */
const shape = ({ applied, row }: BreakerChanged): string => `${applied ? "applied" : "refused"} ${row.phase} ${String(row.version)}${row.prober === null ? "" : ` ${row.prober}`}`;

async function play(store: Store, ...changes: readonly BreakerChange[]): Promise<readonly string[]> {
  const played: string[] = [];
  for (const one of changes) played.push(shape(await store.changeBreaker(one)));
  return played;
}

const row = async (scene: Scene): Promise<BreakerRow> => only((await scene.store.roster()).breakers, "rows of breakers");

export const breakerCases: readonly ConformanceCase[] = [
  onStore("A shared breaker goes from closed to open, to its prober, and back, each change raising its version", async (scene) => {
    same((await scene.store.roster()).breakers, [], "before it has ever opened");
    const opened = await scene.store.changeBreaker(change("open", 0));
    same(shape(opened), "applied open 1", "opening");
    const { untilInMs } = opened.row;
    holds(untilInMs !== null && untilInMs > 0 && untilInMs <= LONG_MS, "the time until a probe", untilInMs);
    same(await play(scene.store, change("probe", 1)), ["refused open 1"], "before its time");
    const other = await scene.another();
    same(await play(other, change("open", 1)), ["refused open 1"], "opening what is open");
    await scene.store.resetBreaker({ operation: OPERATION, actor: "ada", note: "" });
    same(await play(scene.store, change("open", 2, "w1", 0), change("probe", 3, "w2"), change("open", 4, "w2", 0), change("probe", 5), change("close", 6)), [
      "applied open 3", "applied halfOpen 4 w2", "applied open 5", "applied halfOpen 6 w1", "applied closed 7",
    ], "the way round");
    same(await row(scene), { operation: OPERATION, phase: "closed", version: 7, untilInMs: null, prober: null }, "in the roster");
  }),

  onStore("Of all who know a shared breaker's version, one changes it; the others are told how it stands", async (scene) => {
    const stores = [scene.store, await scene.another(), await scene.another()];
    const all = (one: (by: string) => BreakerChange): Promise<readonly BreakerChanged[]> =>
      Promise.all(stores.flatMap((store, index) => [0, 1].map((half) => store.changeBreaker(one(`w${String(index)}${String(half)}`)))));
    for (const [version, kind, phase] of [[0, "open", "open"], [1, "probe", "halfOpen"]] as const) {
      const results = await all((by) => change(kind, version, by, kind === "open" ? 0 : LONG_MS));
      same(results.filter(({ applied }) => applied).length, 1, `changes to ${phase} that succeeded`);
      same(results.map((one) => [one.row.phase, one.row.version]), results.map(() => [phase, version + 1]), "what each was told");
    }
    const { prober } = await row(scene);
    const ends = await all((by) => change("close", 2, by));
    same(ends.filter(({ applied }) => applied).length, 1, "closes that succeeded");
    holds(prober !== null && (await row(scene)).version === 3, "one prober, and one close", prober);
  }),

  onStore("Only its prober ends a probe: with a close, a failure, or giving it back so that anybody claims the next", async (scene) => {
    await play(scene.store, change("open", 0, "w1", 0), change("probe", 1));
    same(await play(scene.store, ...(["close", "open", "release", "probe"] as const).map((kind) => change(kind, 2, "w2"))), [
      "refused halfOpen 2 w1", "refused halfOpen 2 w1", "refused halfOpen 2 w1", "refused halfOpen 2 w1",
    ], "what another may not");
    same(await play(scene.store, change("close", 1)), ["refused halfOpen 2 w1"], "its prober with an old version");
    same(await play(scene.store, change("release", 2), change("probe", 3, "w2")), ["applied open 3", "applied halfOpen 4 w2"], "given back");
    same(await play(scene.store, change("close", 4)), ["refused halfOpen 4 w2"], "the prober before");
  }),

  onStore("A probe whose prober fell silent is claimed by another when its time is over, and not before; its own prober may claim it anew", async (scene) => {
    await play(scene.store, change("open", 0, "w1", 0), change("probe", 1, "w1", 500));
    same(await play(scene.store, change("probe", 2, "w1", 500)), ["applied halfOpen 3 w1"], "anew");
    const claimed = await scene.eventually("another claims it", async () => {
      const result = await scene.store.changeBreaker(change("probe", 3, "w2"));
      return result.applied ? result : null;
    });
    same(shape(claimed), "applied halfOpen 4 w2", "claimed");
    same(await play(scene.store, change("close", 3), change("close", 4)), ["refused halfOpen 4 w2", "refused halfOpen 4 w2"], "the silent one comes back");
  }),

  onStore("Shared breakers are listed with their counts, and a reset closes one whatever its phase, void for its prober, with an audit trail", async (scene) => {
    const { store } = scene;
    same(await store.resetBreaker({ operation: OPERATION, actor: "ada", note: "" }), null, "one that has never opened");
    await store.changeBreaker({ ...change("open", 0), operation: "mail.send" });
    await play(store, change("open", 0, "w1", 0), change("probe", 1, "w2"), change("open", 2, "w2", 0), change("probe", 3, "w3"));
    const listed = async () => (await store.listBreakers()).map(({ operation, phase, version, prober, opened, resets, reporter }) =>
      [operation, phase, version, prober, opened, resets, reporter]);
    same(await listed(), [[OPERATION, "halfOpen", 4, "w3", 2, 0, "w3"], ["mail.send", "open", 1, null, 1, 0, "w1"]], "the list");
    const reset = await store.resetBreaker({ operation: OPERATION, actor: "ada", note: "the bank is back\u0000" });
    same([reset?.operation, reset?.was, reset?.actor], [OPERATION, "halfOpen", "ada"], "the reset");
    same((await listed())[0], [OPERATION, "closed", 5, null, 2, 1, "ada"], "after it");
    same(await play(store, change("close", 4, "w3"), change("open", 4, "w3")), ["refused closed 5", "refused closed 5"], "its prober's end");
    await store.resetBreaker({ operation: OPERATION, actor: "bob", note: "" });
    const audit = await store.breakerResets({ limit: 10 });
    same(audit.map(({ actor, was }) => [actor, was]), [["bob", "closed"], ["ada", "halfOpen"]], "the audit trail");
    holds(audit[1]?.note.startsWith("the bank is back") === true && audit.every(({ resetAt }) => resetAt > 0), "what it holds", audit);
    same((await store.breakerResets({ limit: 1 })).length, 1, "a limit");
    same((await store.breakerResets({ operation: "mail.send", limit: 10 })).length, 0, "of another operation");
  }),

  onStore("A shared breaker tells since when it has been closed, or has not been: a failed probe changes nothing of that", async (scene) => {
    const since = async (): Promise<number> => only(await scene.store.listBreakers(), "breakers").since;
    await play(scene.store, change("open", 0, "w1", 0));
    const opened = await since();
    await scene.pause(20);
    await play(scene.store, change("probe", 1), change("open", 2, "w1", 0));
    same(await since(), opened, "still");
    await play(scene.store, change("probe", 3), change("close", 4));
    holds(await since() > opened, "closed since", opened);
  }),
];
