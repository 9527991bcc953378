// The protocol of calls as a subject: request, perform, commit the outcome, unknown, reconcile, abandon, takeover; and what must hold of it.
import { putCall } from "@evenkeel/core/engine";
import type { Invariant, Subject } from "../../space.ts";
import { led, subjectOf, type Next } from "../protocol.ts";
import { GROUP, leasesOf, onFork } from "../rules.ts";
import { callsForm } from "./form.ts";
import { CALL_ENGINE, CALL_MOVES, expandCalls, type CallEngine } from "./moves.ts";
import { callOf, newCallsWorld, outcomesOf, type CallScope, type CallsWorld } from "./world.ts";

/** The outcomes of a call that end it. */
function ends({ store }: CallsWorld, id: string): string[] {
  return outcomesOf(store).filter(({ callId, kind }) => callId === id && kind !== "unknown").map(({ kind }) => kind);
}

/** What holds of calls of one key that go one after the other. */
function inOrder({ calls: scripted }: CallScope): readonly Invariant<CallsWorld>[] {
  return [
    {
      name: "effects of a key happen in the order of its calls",
      // What was abandoned was given up with its end unknown.
      holds: ({ effects, abandoned }) => scripted.every(({ id, key }, at) => !effects.includes(id) || scripted.slice(0, at).every((older) =>
        older.key !== key || abandoned.includes(older.id) || !effects.includes(older.id) || effects.indexOf(older.id) < effects.indexOf(id))),
    },
    { name: "the owner begins a call when the older ones of its key have ended", holds: ({ overtaken }) => !overtaken },
  ];
}

function areAtOnce({ owners }: CallsWorld): boolean {
  return owners.some(({ flights }) => {
    const keys = flights.flatMap((flight) => flight.kind === "perform" ? [flight.request.call.routingKey] : []);
    return new Set(keys).size < keys.length;
  });
}

export function calls(name: string, scope: CallScope, engine: CallEngine = CALL_ENGINE): Subject<CallsWorld> {
  const empty = newCallsWorld(scope);
  const { store } = onFork(empty.store, empty.nowMs, "work", (memory) => {
    for (const call of scope.calls.slice(0, scope.requested)) putCall(memory, GROUP, callOf(call, scope));
  });
  const ids = scope.calls.map(({ id }) => id);
  const began = (world: CallsWorld): readonly string[] => ids.slice(0, world.requested);
  const isOver = (world: CallsWorld, id: string): boolean => !world.store.calls.has(id);
  const expand = (world: CallsWorld, next: Next<CallsWorld>): void => { expandCalls(engine, scope, world, next); };
  return subjectOf({
    name,
    initial: led({ ...empty, store, requested: scope.requested }, scope.begins ?? [], expand),
    moves: CALL_MOVES,
    expand,
    form: callsForm,
    invariants: [
      {
        name: "a call ends once, with its outcome or by being abandoned",
        holds: (world) => began(world).every((id) => ends(world, id).length + (world.abandoned.includes(id) ? 1 : 0) === (isOver(world, id) ? 1 : 0)),
      },
      { name: "ok is said of what happened", holds: (world) => ids.every((id) => !ends(world, id).includes("ok") || world.effects.includes(id)) },
      { name: "notPerformed is said of what never happens", holds: (world) => ids.every((id) => !ends(world, id).includes("notPerformed") || !world.effects.includes(id)) },
      ...(scope.inOrder === false ? [] : inOrder(scope)),
      {
        name: "no two outcomes share an id",
        holds: ({ store: { log } }) => new Set((log[0] ?? []).map(({ id }) => id)).size === (log[0] ?? []).length,
      },
      { name: "whoever was replaced commits nothing", holds: ({ trespass }) => !trespass },
    ],
    steps: [],
    witnesses: [
      { name: "every call is ok", holds: (world) => ids.every((id) => ends(world, id).includes("ok")) },
      ...(scope.inOrder === false ? [{ name: "calls of one key are under way at the same time", holds: areAtOnce }] : []),
    ],
    done: (world) => world.owners.every(({ machine }) => machine === null)
      || (world.requested === ids.length && [...world.store.calls.values()].every(({ state }) => state === "attention")),
    assumptions: [
      "the store's operations are atomic, each a step of the in-memory reference form",
      "the provider absorbs repeated keys, and what it calls absent never happens by an attempt that was sent before",
      "clocks move together, by the longest delay at once",
    ],
    show: (world) => ({
      leases: leasesOf(world.store).slice(0, -1).map(({ worker, epoch }) => `${worker ?? "nobody"} in epoch ${String(epoch)}`),
      rows: [...world.store.calls.values()].map(({ id, state, attempts }) => `${id} ${state} after ${String(attempts)}`),
      outcomes: outcomesOf(world.store).map(({ callId, kind }) => `${callId} ${kind}`),
      provider: { effects: world.effects, late: world.late },
      owners: world.owners.map(({ id, machine, flights }) => machine === null ? `${id} is gone` : `${id}: ${flights.map(({ kind }) => kind).join(", ")}`),
      strays: world.strays.length,
    }),
  });
}
