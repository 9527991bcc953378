// What must hold where ends of calls join commits: an outcome takes effect once, with its row or from the log; none overtakes what it stands behind;
// a call whose row is gone had its outcome; and whoever was replaced neither commits nor begins.
import type { Invariant } from "../../space.ts";
import { messageInvariants, standings } from "../executor/properties.ts";
import { effectsOf, logOf, NAMES, outcomeOf, type Effect, type JoinScope, type JoinWorld } from "./world.ts";

const FINAL: ReadonlySet<string> = new Set(["ok", "notPerformed"]);

/**
 * So many workers may die of one handler: one of an outcome that is in no log; of the message one that had made progress, two that had not, and one
 * that handled it alone.
 */
const DEATHS = 5;

/** How often a call has ended: by an outcome in the log, by one that took effect with its row, or by being abandoned. */
function ends(store: JoinWorld["store"], effects: readonly Effect[], call: string): number {
  const appended = logOf(store).flat().filter((message) => {
    const outcome = outcomeOf(message);
    return outcome?.call === call && FINAL.has(outcome.kind);
  });
  const decided = effects.filter((one) => one.call === call && FINAL.has(one.kind) && !appended.some(({ id }) => id === one.of));
  return appended.length + decided.length + (effects.some((one) => one.call === call && one.kind === "abandon") ? 1 : 0);
}

/** Calls of a key end in the order in which they were requested, and nothing is heard of a call after its end. */
function keepsOrder({ store }: JoinWorld, calls: readonly string[]): boolean {
  const newest = new Map<string, number>();
  const ended = new Set<string>();
  return effectsOf(store).every(({ key, call, kind }) => {
    if (call === null) return true;
    const place = calls.indexOf(call);
    if (place < (newest.get(key) ?? 0) || ended.has(call)) return false;
    newest.set(key, place);
    if (FINAL.has(kind)) ended.add(call);
    return true;
  });
}

export function joinInvariants({ messages }: JoinScope): readonly Invariant<JoinWorld>[] {
  const requests = messages.flatMap(({ id, call }) => call === undefined ? [] : [{ id, call }]);
  const calls = requests.map(({ call }) => call);
  return [
    {
      name: "an outcome takes effect once",
      holds: ({ store }) => {
        const effects = effectsOf(store);
        return calls.every((call) => effects.filter((one) => one.call === call && FINAL.has(one.kind)).length <= 1);
      },
    },
    {
      name: "a call's row goes with its outcome, which is appended or takes effect, or with the handler's word",
      holds: ({ store }) => {
        const effects = effectsOf(store);
        return requests.every(({ id, call }) => ends(store, effects, call) === (effects.some(({ of }) => of === id) && !store.calls.has(call) ? 1 : 0));
      },
    },
    { name: "outcomes of a key take effect in the order of its calls", holds: (world) => keepsOrder(world, calls) },
    ...sharedInvariants(),
  ];
}

/** What holds whether or not calls have rows from the beginning. */
export function sharedInvariants(): readonly Invariant<JoinWorld>[] {
  return [
    {
      name: "an outcome overtakes no message of its key that its process knew",
      holds: ({ store }) => {
        const effects = effectsOf(store);
        return effects.every(({ knew }, place) => knew.every((id) => effects.slice(0, place).some(({ of }) => of === id)));
      },
    },
    ...messageInvariants<JoinWorld>(NAMES),
    { name: "whoever was replaced commits nothing", holds: ({ trespass }) => !trespass },
    { name: "whoever was replaced begins no attempt", holds: ({ poached }) => !poached },
    { name: "the owner begins a call when the older ones of its key have ended", holds: ({ overtaken }) => !overtaken },
    { name: "a handler that kills its workers is found", holds: ({ killed }) => killed <= DEATHS },
  ];
}

/** Nothing can happen any more, and nothing is owed: everything was published and dealt with, and no call is left but what waits for a person. */
export function isAtRest({ messages }: JoinScope): (world: JoinWorld) => boolean {
  return ({ store, published, owners }) => owners.every(({ machine }) => machine === null) || (
    published === messages.length && standings(store, NAMES).every(({ effects, parked }) => effects === 1 || parked)
    && [...store.parked.values()].every(([head]) => head?.due === null) && [...store.calls.values()].every(({ state }) => state === "attention"));
}
