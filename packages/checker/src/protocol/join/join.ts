// The protocol of outcomes that are decided in the commit that removes their call, as a subject: both machines of a group in each process.
import type { Subject, Witness } from "../../space.ts";
import { led, subjectOf, type Next } from "../protocol.ts";
import { leasesOf } from "../rules.ts";
import { joinForm } from "./form.ts";
import { expandJoin } from "./moves.ts";
import { JOIN_ENGINE, type JoinEngine } from "./process.ts";
import { isAtRest, joinInvariants } from "./properties.ts";
import { effectsOf, JOIN_MOVES, logOf, nameOf, newJoinWorld, outcomeOf, type JoinScope, type JoinWorld } from "./world.ts";

/** Of an outcome that took effect: whether it never was in the log. */
function someOutcome({ store }: JoinWorld, withRow: boolean): boolean {
  return effectsOf(store).some(({ call, of }) => call !== null && withRow !== logOf(store).flat().some(({ id }) => id === of));
}

const WITH_ROW: Witness<JoinWorld> = { name: "an outcome takes effect with its row", holds: (world) => someOutcome(world, true) };
const FROM_LOG: Witness<JoinWorld> = { name: "an outcome takes effect from the log", holds: (world) => someOutcome(world, false) };
const FOUND_OUT: readonly Witness<JoinWorld>[] = [
  { name: "what kills its workers waits for a person", holds: ({ store }) => [...store.parked.values()].some(([head]) => head?.due === null) },
];

export function join(name: string, scope: JoinScope, engine: JoinEngine = JOIN_ENGINE): Subject<JoinWorld> {
  const expand = (world: JoinWorld, next: Next<JoinWorld>): void => { expandJoin(engine, scope, world, next); };
  return subjectOf({
    name,
    initial: led(newJoinWorld(scope), scope.begins ?? [], expand),
    moves: JOIN_MOVES,
    expand,
    form: joinForm,
    invariants: joinInvariants(scope),
    steps: [],
    witnesses: scope.killer !== undefined ? FOUND_OUT : scope.inherits === true ? [FROM_LOG] : [WITH_ROW, FROM_LOG],
    done: isAtRest(scope),
    assumptions: [
      "the store's operations are atomic, each a step of the in-memory reference form",
      "what the provider says is free",
      "clocks move together, by the longest delay at once",
      "what a machine has given up listening to is not answered",
    ],
    show,
  });
}

function show({ store, owners, strays }: JoinWorld): unknown {
  return {
    leases: leasesOf(store).slice(0, -1).map(({ worker, epoch, position }) => `${worker ?? "nobody"} in epoch ${String(epoch)}, progress ${String(position)}`),
    log: logOf(store).map((messages) => messages.map((message) => `${nameOf(message)}@${String(message.position)}`).join(" ")).join(" | "),
    effects: (store.log.at(-1) ?? []).map(({ id, body }) => `${id} (${body})`).join(" "),
    parked: [...store.parked.values()].map((rows) => rows.map(({ message }) => nameOf(message)).join(" < ")),
    rows: [...store.calls.values()].map(({ id, state, attempts }) => `${id} ${state} after ${String(attempts)}`),
    owners: owners.map(({ id, machine, flights }) => machine === null ? `${id} is gone`
      : `${id}${machine.offer === null ? "" : ` offers ${machine.offer.ends.updates.map(({ id: call, outcome }) => `${call} ${outcome === null ? "" : outcomeOf(outcome)?.kind ?? ""}`).join()}`}: ${flights.map((one) => one.kind).join(", ")}`),
    strays: strays.length,
  };
}
