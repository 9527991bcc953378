// What may happen to timers: they are set, set anew and cancelled at any time; each request of a timer owner reaches the store, is answered,
// fails, or is answered with doubt; processes come and go as everywhere; time passes. One move at a time.
import { timerOwner } from "@evenkeel/core/engine";
import type { CommitResult, Envelope, TimerRef } from "@evenkeel/core/spi";
import { forfeited, givenBack, landed, OWNER_MOVES, ownerMoves, patched, replaced, spend, without, type Wiring } from "../owners.ts";
import type { Next } from "../protocol.ts";
import { GROUP, look, onFork, SHIPPING, type Rules } from "../rules.ts";
import {
  DELAY_MS, newTimerMachine, type TimerCommand, type TimerFlight, type TimerInput, type TimerMachine, type TimerScope, type TimersWorld,
} from "./world.ts";

type World = TimersWorld;

export const TIMER_MOVES = [
  ...OWNER_MOVES,
  "timer set", "timer cancelled", "told of timers", "wake", "time passes", "read at the store", "read", "read fails", "commit at the store", "committed",
  "commit refused to run", "commit in doubt",
] as const;

/** What is explored: as it ships, or with one thing broken on purpose. */
export interface TimerEngine {
  readonly rules: Rules;
  readonly heard: (result: CommitResult) => CommitResult;
}

export const TIMER_ENGINE: TimerEngine = { rules: SHIPPING, heard: (result) => result };

export function expandTimers(engine: TimerEngine, scope: TimerScope, world: World, next: Next<World>): void {
  const to = (move: (typeof TIMER_MOVES)[number], after: World, detail: string): void => next(move, after, detail);
  ownerMoves(wiringOf(engine, scope), world, next);
  const command = scope.script[world.commands];
  if (command !== undefined) to(command.what === "cancel" ? "timer cancelled" : "timer set", commanded(engine, world, command), command.name);
  // Without timers nothing waits for the time but looks that find nothing.
  if (world.store.timers.size > 0) {
    const { nowMs } = world;
    const waits = world.owners.some(({ machine, wakeAt }) => machine !== null && wakeAt !== null && wakeAt > nowMs);
    if (waits || [...world.store.timers.values()].some(({ due }) => due > nowMs)) to("time passes", { ...world, nowMs: nowMs + DELAY_MS }, "");
  }
  for (const [index, owner] of world.owners.entries()) {
    if (owner.machine === null) continue;
    for (const flight of owner.flights) {
      if (flight.kind === "readTimers" || flight.kind === "commit") progress(engine, world, owner.id, index, flight, to);
    }
    if (world.store.timers.size === 0) continue;
    if (owner.wakeAt !== null && owner.wakeAt <= world.nowMs) to("wake", feed(replaced(world, index, { ...owner, wakeAt: null }), index, { kind: "wake" }), owner.id);
    else if (isIdle(owner.machine) && [...world.store.timers.values()].some(({ due }) => due <= world.nowMs)) to("told of timers", feed(world, index, { kind: "wake" }), owner.id);
  }
}

/** Whoever is told while it reads or commits reads again afterwards, as if it had been told then. */
function isIdle({ owned, hungry, reading, committing }: TimerMachine): boolean {
  return owned.size > 0 && !hungry && reading === null && committing === null;
}

type To = (move: (typeof TIMER_MOVES)[number], after: World, detail: string) => void;

/** What a handler's commit does to a timer, as one step: whose commit it was is delivery's business. */
function commanded({ rules }: TimerEngine, world: World, { name, partition, what }: TimerCommand): World {
  const commands = world.commands + 1;
  const before = world.timers.map((timer) => timer.name === name && !isFired(world, timer.message) ? { ...timer, ended: true } : timer);
  const ref: TimerRef = { group: GROUP, tenant: "main", routingKey: name, name };
  if (what === "cancel") {
    const { store } = onFork(world.store, world.nowMs, "work", ({ state }) => { rules.cancelTimer(state, ref); });
    return { ...world, store, commands, timers: before };
  }
  const delayMs = what === "set, due" ? 0 : DELAY_MS;
  const message: Envelope = {
    id: `${name}, set as number ${String(commands)}`, name: "due", version: 1, tenant: "main", key: name, partition, body: "{}", causationId: null,
    correlationId: "c", trace: null, occurredAt: 0,
  };
  const { store } = onFork(world.store, world.nowMs, "work", (memory) => {
    rules.putTimer(memory, { name, group: GROUP, routingKey: name, message, when: { kind: "after", delayMs } });
  });
  return { ...world, store, commands, timers: [...before, { message: message.id, name, dueAt: world.nowMs + delayMs, ended: false }] };
}

export function isFired({ store }: World, message: string): boolean {
  return store.log.some((messages) => messages.some(({ id }) => id === message));
}

function wiringOf(engine: TimerEngine, scope: TimerScope): Wiring<TimerMachine, TimerFlight, World> {
  return {
    rules: engine.rules,
    restarts: scope.restarts,
    late: scope.late ?? false,
    newMachine: (id) => newTimerMachine(scope, id),
    granted: (world, index, grants) => feed(world, index, { kind: "granted", fences: grants.map(({ partition, epoch }) => ({ partition, epoch })) }),
    lost: (world, index, partitions) => feed(world, index, { kind: "lost", partitions }),
    leave: (world, index, partition) => feed(world, index, { kind: "leave", partitions: [partition] }),
    working: ({ owned }) => [...owned.values()].filter(({ leaving }) => !leaving).map(({ partition }) => partition),
    strayOf: (flight) => flight.kind === "commit" && flight.answer === null ? { kind: "commit", commit: flight.request.changes } : null,
  };
}

function progress({ rules, heard }: TimerEngine, world: World, id: string, index: number, flight: TimerFlight, to: To): void {
  const rest = without(world, index, flight);
  const fails = world.budget.faults > 0;
  const failed = fails ? spend(rest, "faults") : rest;
  if (flight.kind === "readTimers") {
    const { partitions, limit } = flight.request;
    if (flight.answer !== null) return to("read", feed(rest, index, flight.answer), id);
    const { due, nextInMs } = look(world.store, world.nowMs, (memory) => rules.readTimers(memory, { partitions, limit }));
    to("read at the store", patched(world, index, flight, { ...flight, answer: { kind: "due", due, nextInMs } }), `${id}: ${due.map(({ message }) => message.id).join(" and ")}`);
    if (fails) to("read fails", feed(failed, index, { kind: "readFailed" }), id);
    return;
  }
  const { commit, changes } = flight.request;
  const words = `${id}: ${changes.firedTimers.map(({ message }) => message.id).join(" and ")}`;
  const end = (from: World, result: CommitResult): World => feed(from, index, { kind: "committed", commit, result: heard(result) });
  const doubt: CommitResult = { kind: "inDoubt", reason: "the connection was lost" };
  if (flight.answer !== null) {
    to("committed", end(rest, flight.answer), `${words} ${flight.answer.kind}`);
    if (fails) to("commit in doubt", end(failed, doubt), `${words}, which the store answered`);
    return;
  }
  const { world: after, result } = landed(rules, world, changes);
  to("commit at the store", patched(after, index, flight, { ...flight, answer: result }), `${words} ${result.kind}`);
  if (!fails) return;
  to("commit refused to run", end(failed, { kind: "rerun" }), words);
  to("commit in doubt", end({ ...failed, strays: [...world.strays, { kind: "commit", commit: changes }] }, doubt), `${words}, under way`);
}

function feed(world: World, index: number, input: TimerInput): World {
  const owner = world.owners[index];
  if (owner?.machine == null) return world;
  let { machine, held, wakeAt } = owner;
  const flights: (typeof owner.flights)[number][] = [...owner.flights];
  const inputs: TimerInput[] = [input];
  for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
    const step = timerOwner(machine, { ...next, nowMs: world.nowMs });
    machine = step.state;
    for (const request of step.requests) {
      if (request.kind === "readTimers") flights.push({ kind: "readTimers", request, answer: null });
      else if (request.kind === "commit") flights.push({ kind: "commit", request, answer: null });
      else if (request.kind === "wait") wakeAt = request.untilMs;
      else if (request.kind === "forfeit") {
        const rest = forfeited(held, request.partitions);
        held = rest.held;
        if (rest.ours.length > 0) inputs.push({ kind: "lost", partitions: rest.ours });
      } else if (request.kind === "release") {
        const rest = givenBack(held, request.fences);
        held = rest.held;
        if (rest.ours.length > 0) flights.push({ kind: "release", fences: rest.ours });
      }
    }
  }
  return replaced(world, index, { id: owner.id, machine, held, flights, wakeAt });
}
