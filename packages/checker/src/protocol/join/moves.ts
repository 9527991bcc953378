// What may happen where ends of calls join commits: each request of either machine reaches the store, is answered, fails, is refused, or is
// answered with doubt; attempts come to an answer, to nothing, or to doubt; handlers decide, fail, and may kill their worker; messages are
// published; processes come and go as everywhere; time passes. One move at a time.
import { append } from "@evenkeel/core/engine";
import { ownerMoves, replaced, spend, type Wiring } from "../owners.ts";
import type { Next } from "../protocol.ts";
import { onFork } from "../rules.ts";
import { isConfirmed, told, turned, type JoinEngine } from "./process.ts";
import { progress, strayOf, together } from "./requests.ts";
import { DELAY_MS, envelopeOf, newService, type Flight, type JoinScope, type JoinWorld, type Service, type To } from "./world.ts";

type World = JoinWorld;

/** Longer than a runner waits until it looks again whether attempts may begin: no time that any scope counts. */
const MOMENT_MS = DELAY_MS / 2;

export function expandJoin(engine: JoinEngine, scope: JoinScope, world: World, next: Next<World>): void {
  const to: To = next;
  ownerMoves(wiringOf(engine, scope), world, next);
  publish(scope, world, to);
  time(world, to);
  for (const [index, owner] of world.owners.entries()) {
    if (owner.machine === null) continue;
    for (const flight of owner.flights) {
      if (flight.kind !== "acquire" && flight.kind !== "release") progress({ engine, scope, world, id: owner.id, index, to }, flight);
    }
    const attempts = owner.flights.flatMap((flight) => flight.kind === "perform" ? [flight] : []);
    if (attempts.length > 1 && world.unrecorded === null) together({ engine, scope, world, id: owner.id, index, to }, attempts);
    wakes(engine, world, owner.id, owner.machine, index, to);
  }
}

function wiringOf(engine: JoinEngine, scope: JoinScope): Wiring<Service, Flight, World> {
  return {
    rules: engine.rules,
    restarts: scope.restarts,
    late: scope.late ?? false,
    newMachine: (id) => newService(scope, id),
    granted: (world, index, grants) => turned(engine, world, index, (turn) => { turn.granted(grants); }),
    lost: (world, index, partitions) => turned(engine, world, index, (turn) => { turn.lost(partitions); }),
    leave: (world, index, partition) => turned(engine, world, index, (turn) => { turn.leave([partition]); }),
    working: ({ executor }) => [...executor.owned.values()].filter(({ leaving }) => !leaving).map(({ partition }) => partition),
    strayOf,
  };
}

// --- the log, time, waking --------------------------------------------------------------------------------------------------------

function publish(scope: JoinScope, world: World, to: To): void {
  const message = scope.messages[world.published];
  if (message === undefined) return;
  const { partition = 0 } = message;
  const after = world.store.log[partition]?.at(-1)?.position ?? 0;
  const { store, result } = onFork(world.store, world.nowMs, "append", ({ state }) => append(state, envelopeOf(message)));
  const told: Flight = { kind: "handed", input: { kind: "handed", handovers: [{ partition, after, to: result.position, messages: [result] }] } };
  const owners = world.owners.map((one) => one.machine === null ? one : { ...one, flights: [...one.flights, told] });
  to("publish", { ...world, store, published: world.published + 1, owners }, message.id);
}

/** Moves the clock past everything that waits for it; whoever waits is woken later, by a move of its own. */
function time(world: World, to: To): void {
  const { nowMs, store, owners, budget } = world;
  const rows = [...store.parked.values()].some(([head]) => head?.due != null && head.due > nowMs);
  const waits = rows || owners.some(({ machine }) => machine?.executorAt != null && machine.executorAt > nowMs);
  if (waits) to("time passes", { ...world, nowMs: nowMs + DELAY_MS }, "");
  else if (budget.ticks > 0) to("time passes", { ...spend(world, "ticks"), nowMs: nowMs + DELAY_MS }, "");
}

function wakes(engine: JoinEngine, world: World, id: string, { executor, executorAt, runnerAt }: Service, index: number, to: To): void {
  if (executorAt !== null && executorAt <= world.nowMs) to("wake", told(engine, world, index, { kind: "wake", partitions: [] }), id);
  const confirmed = isConfirmed(world, id);
  if (runnerAt !== null && runnerAt <= world.nowMs + (confirmed ? MOMENT_MS : 0)) {
    to("tick", turned(engine, withoutTick(world, index), index, (turn) => { turn.runner({ kind: "tick" }); }), id);
  }
  // A poll that finds nothing that is not known changes nothing, so only those that do are made.
  const behind = [...executor.owned.values()].some(({ partition, read, leaving }) =>
    !leaving && !executor.hungry.has(partition) && (world.store.log[partition]?.at(-1)?.position ?? 0) > read);
  if (behind && !executor.reading) to("poll", told(engine, world, index, { kind: "wake", partitions: null }), id);
}

function withoutTick(world: World, index: number): World {
  const owner = world.owners[index];
  return owner?.machine == null ? world : replaced(world, index, { ...owner, machine: { ...owner.machine, runnerAt: null } });
}
