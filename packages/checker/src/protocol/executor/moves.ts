// What may happen to delivery: each request reaches the store, is answered, fails, or is answered with doubt; processes crash, are taken for
// dead and go on, hear of it, and begin anew; messages are published; partitions change hands; operators act; time passes. One move at a time.
import { append, read as readRule, requestControl, type MemoryState } from "@evenkeel/core/engine";
import type { CommitResult } from "@evenkeel/core/spi";
import type { Next } from "../protocol.ts";
import { GROUP, isCurrent, joined, leasesOf, look, onFork } from "../rules.ts";
import { decisionsOf } from "./decisions.ts";
import { feed, landed, patched, replaced, sent, without, type Engine } from "./process.ts";
import {
  DELAY_MS, envelopeOf, HANDLED, newProcess, type Budget, type DeliveryScope, type DeliveryWorld, type Flight, type Input, type Process, type Stray,
} from "./world.ts";

type World = DeliveryWorld;

export const MOVES = [
  "publish", "poll", "look", "granted", "read at the store", "read", "read fails", "parked read at the store", "parked read", "parked read fails",
  "mark at the store", "marked", "mark fails", "decided", "decide fails", "commit at the store", "committed", "commit refused to run", "commit in doubt",
  "stray at the store", "acquire's answer is lost", "release at the store", "release fails", "hand over", "handed", "handed is lost", "operator asks",
  "told of operators", "controls at the store", "controlled", "controls fail", "crash", "begin anew", "taken for dead", "notice", "time passes", "wake",
] as const;

export type Move = (typeof MOVES)[number];

export function expandDelivery(engine: Engine, scope: DeliveryScope, world: World, next: Next<World>): void {
  const to = (move: Move, after: World, detail: string): void => next(move, after, detail);
  publish(engine, scope, world, to);
  strays(engine, world, to);
  operator(scope, world, to);
  time(world, to);
  world.processes.forEach((process, index) => {
    if (process.machine === null) return beginAnew(scope, world, index, to);
    ownership(engine, scope, world, process, index, to);
    for (const flight of process.flights) progress(engine, scope, world, process, index, flight, to);
    wakes(engine, scope, world, process, index, to);
    loss(world, process, index, to);
  });
}

type To = (move: Move, after: World, detail: string) => void;

export function spend(world: World, kind: keyof Budget): World {
  return { ...world, budget: { ...world.budget, [kind]: world.budget[kind] - 1 } };
}

// --- the log, operators, time ---------------------------------------------------------------------------------------------------

function publish(engine: Engine, scope: DeliveryScope, world: World, to: To): void {
  const message = scope.messages[world.published];
  if (message === undefined) return;
  const after = world.store.log[message.partition]?.at(-1)?.position ?? 0;
  const { store, result } = onFork(world.store, world.nowMs, "append", ({ state }) => append(state, envelopeOf(message)));
  const published: World = { ...world, store, published: world.published + 1 };
  const told: Input = {
    kind: "handed",
    handovers: [{ partition: result.partition, after, to: result.position, messages: result.name === HANDLED ? [result] : [] }],
  };
  const processes = published.processes.map((one) => one.machine === null ? one : { ...one, flights: [...one.flights, { kind: "handed", input: told } as const] });
  to("publish", { ...published, processes }, message.id);
}

function operator(scope: DeliveryScope, world: World, to: To): void {
  if (world.budget.controls === 0) return;
  for (const [head] of world.store.parked.values()) {
    if (head === undefined || world.store.controls.some((entry) => entry.doneAt === null && entry.position === head.message.position)) continue;
    const { partition, tenant, key, position, id } = head.message;
    for (const action of scope.actions) {
      const { store } = onFork(world.store, world.nowMs, "operate", (memory) =>
        requestControl(memory, [{ group: GROUP, partition, tenant, key, position, action, body: null, actor: "a", note: "n" }]));
      to("operator asks", spend({ ...world, store }, "controls"), `${action} ${id}`);
    }
  }
}

/** Moves the clock past everything that waits for it; whoever waits is woken later, by a move of its own. */
function time(world: World, to: To): void {
  const { nowMs } = world;
  const rows = [...world.store.parked.values()].some(([head]) => head?.due != null && head.due > nowMs);
  const wakes = world.processes.some(({ machine, wakeAt }) => machine !== null && wakeAt !== null && wakeAt > nowMs);
  if (rows || wakes) to("time passes", { ...world, nowMs: nowMs + DELAY_MS }, "");
}

function strays(engine: Engine, world: World, to: To): void {
  world.strays.forEach((stray, at) => {
    const rest: World = { ...world, strays: world.strays.filter((_, index) => index !== at) };
    to("stray at the store", arrive(engine, rest, stray), stray.kind);
  });
}

function arrive(engine: Engine, world: World, stray: Stray): World {
  switch (stray.kind) {
    case "commit": return landed(engine, world, stray.request.commit).world;
    case "mark": return { ...world, store: onFork(world.store, world.nowMs, "own", ({ state }) =>
      engine.rules.mark(state, { group: GROUP, fence: stray.request.fence, position: stray.request.position })).store };
    case "release": return { ...world, store: released(engine, world, stray.worker, stray.fences) };
  }
}

function released(engine: Engine, world: World, worker: string, fences: Extract<Stray, { kind: "release" }>["fences"]): MemoryState {
  return onFork(world.store, world.nowMs, "own", ({ state }) => { engine.rules.release(state, { worker, group: GROUP, fences }); }).store;
}

// --- ownership ------------------------------------------------------------------------------------------------------------------

/** As the ownership loop acts: it takes what is free, its own or a dead one's, one request at a time, and hands over what it should not have. */
function ownership(engine: Engine, scope: DeliveryScope, world: World, process: Process, index: number, to: To): void {
  const { store } = world;
  if (!store.workers.has(process.id)) {
    if (process.flights.some((flight) => flight.kind === "acquire")) return;
    const back = onFork(store, world.nowMs, "own", (memory) => { joined(memory, process.id); });
    const dropped = replaced({ ...world, store: back.store }, index, { ...process, held: new Map() });
    const lost = [...process.held.keys()];
    return to("notice", lost.length === 0 ? dropped : feed(engine, dropped, index, { kind: "lost", partitions: lost }), process.id);
  }
  if (process.machine?.phase === "running" && !process.flights.some((flight) => flight.kind === "acquire")) {
    const free = leasesOf(store).slice(0, scope.partitions).flatMap(({ worker }, partition) =>
      !process.held.has(partition) && (worker === null || worker === process.id || !store.workers.has(worker)) ? [partition] : []);
    const choices = free.length > 1 ? [...free.map((partition) => [partition]), free] : free.length === 1 ? [free] : [];
    for (const partitions of choices) {
      const { store: taken, result } = onFork(store, world.nowMs, "own", (memory) => engine.rules.acquire(memory, { worker: process.id, group: GROUP, partitions }));
      to("look", sent({ ...world, store: taken }, index, { kind: "acquire", grants: result }), `${process.id} takes ${partitions.join()}`);
    }
  }
  if (world.budget.handovers === 0) return;
  for (const partition of process.held.keys()) {
    if (process.machine?.owned.get(partition)?.leaving !== false) continue;
    to("hand over", feed(engine, spend(world, "handovers"), index, { kind: "leave", partitions: [partition] }), `${process.id} leaves ${String(partition)}`);
  }
}

function beginAnew(scope: DeliveryScope, world: World, index: number, to: To): void {
  const process = world.processes[index];
  if (!scope.restarts || process === undefined) return;
  const id = `${process.id}'`;
  const { store } = onFork(world.store, world.nowMs, "own", (memory) => { joined(memory, id); });
  to("begin anew", replaced({ ...world, store }, index, newProcess(scope, id)), id);
}

/** A crash ends everything of the process but what it has sent; being taken for dead ends nothing but the others' patience. */
function loss(world: World, process: Process, index: number, to: To): void {
  if (world.budget.losses === 0) return;
  const { store } = onFork(world.store, world.nowMs, "own", ({ state }) => { state.workers.delete(process.id); });
  const without = spend({ ...world, store }, "losses");
  const strays = process.flights.flatMap((flight): readonly Stray[] => {
    if (flight.kind === "release") return [{ kind: "release", worker: process.id, fences: flight.fences }];
    if (flight.kind === "commit" && flight.answer === null) return [{ kind: "commit", request: flight.request }];
    return flight.kind === "mark" && flight.answer === null ? [{ kind: "mark", request: flight.request }] : [];
  });
  const gone: Process = { id: process.id, machine: null, held: new Map(), flights: [], wakeAt: null };
  to("crash", replaced({ ...without, strays: [...world.strays, ...strays] }, index, gone), process.id);
  if (world.store.workers.has(process.id)) to("taken for dead", without, process.id);
}

// --- waking ---------------------------------------------------------------------------------------------------------------------

function wakes(engine: Engine, scope: DeliveryScope, world: World, process: Process, index: number, to: To): void {
  const { machine } = process;
  if (machine === null) return;
  if (process.wakeAt !== null && process.wakeAt <= world.nowMs) to("wake", feed(engine, world, index, { kind: "wake", partitions: [] }), process.id);
  // A poll that finds nothing that is not known changes nothing, so only those that do are made.
  const behind = [...machine.owned.values()].filter(({ partition, read, leaving }) =>
    !leaving && !machine.hungry.has(partition) && (world.store.log[partition]?.at(-1)?.position ?? 0) > read);
  if (behind.length > 0 && !machine.reading) to("poll", feed(engine, world, index, { kind: "wake", partitions: null }), process.id);
  const asked = world.store.controls.some((entry) => entry.doneAt === null && process.held.has(entry.partition));
  if (asked && machine.controls === "none") to("told of operators", feed(engine, world, index, { kind: "control" }), process.id);
}

// --- requests -------------------------------------------------------------------------------------------------------------------

function progress(engine: Engine, scope: DeliveryScope, world: World, process: Process, index: number, flight: Flight, to: To): void {
  const { id } = process;
  const rest = without(world, index, flight);
  const fails = world.budget.faults > 0;
  const failed = fails ? spend(rest, "faults") : rest;
  switch (flight.kind) {
    case "acquire": {
      if (fails) to("acquire's answer is lost", failed, id);
      if (flight.grants.length === 0) return to("granted", rest, `${id}: nothing`);
      const held = new Map(process.held);
      for (const { partition, epoch } of flight.grants) held.set(partition, epoch);
      const after = rest.processes[index];
      if (after === undefined) return;
      const detail = `${id}: ${flight.grants.map(({ partition, epoch }) => `${String(partition)} in epoch ${String(epoch)}`).join()}`;
      return to("granted", feed(engine, replaced(rest, index, { ...after, held }), index, { kind: "granted", grants: flight.grants }), detail);
    }
    case "release":
      to("release at the store", { ...rest, store: released(engine, world, id, flight.fences) }, id);
      if (fails) to("release fails", failed, id);
      return;
    case "handed":
      to("handed", feed(engine, rest, index, flight.input), id);
      return to("handed is lost", rest, id);
    case "read": {
      const { cursors, epochs } = flight.request;
      const answer = flight.answer ?? { kind: "read", result: readOf(world, flight.request), cursors, epochs };
      // While nothing more is published, a read at the store is the same at any time.
      if (flight.answer === null && world.published < scope.messages.length) to("read at the store", patched(world, index, flight, { ...flight, answer }), id);
      to("read", feed(engine, rest, index, answer), id);
      if (fails) to("read fails", feed(engine, failed, index, { kind: "readFailed", cursors }), id);
      return;
    }
    case "readParked": {
      const { keys, limit } = flight.request;
      if (flight.answer !== null) return to("parked read", feed(engine, rest, index, flight.answer), id);
      const { messages, keysRead } = look(world.store, world.nowMs, ({ state }) => engine.rules.readParked(state, { group: GROUP, keys, limit, maxLength: 10_000 }));
      const answer: Input = { kind: "parkedRead", messages, keys: keys.slice(0, keysRead), limit };
      to("parked read at the store", patched(world, index, flight, { ...flight, answer }), `${id}: ${messages.map(({ message }) => message.id).join()}`);
      if (fails) to("parked read fails", feed(engine, failed, index, { kind: "parkedRead", messages: [], keys: [], limit }), id);
      return;
    }
    case "mark": {
      const { batch, fence, position } = flight.request;
      if (flight.answer !== null) to("marked", feed(engine, rest, index, flight.answer), id);
      else {
        const { store, result } = onFork(world.store, world.nowMs, "own", ({ state }) => engine.rules.mark(state, { group: GROUP, fence, position }));
        to("mark at the store", patched({ ...world, store }, index, flight, { ...flight, answer: { kind: "marked", batch, result } }), id);
      }
      if (!fails) return;
      const strays: readonly Stray[] = flight.answer === null ? [...world.strays, { kind: "mark", request: flight.request }] : world.strays;
      return to("mark fails", feed(engine, { ...failed, strays }, index, { kind: "marked", batch, result: "failed" }), id);
    }
    case "decide": {
      const { batch, items } = flight.request;
      for (const { decisions, spent, detail } of decisionsOf(engine, scope, items, world.budget.failures)) {
        const paid: World = { ...rest, budget: { ...rest.budget, failures: rest.budget.failures - spent } };
        to("decided", feed(engine, paid, index, { kind: "decided", batch, decisions, blind: false }), `${id}: ${detail}`);
      }
      if (fails) to("decide fails", feed(engine, failed, index, { kind: "decideFailed", batch }), id);
      return;
    }
    case "applyControls": {
      const { fences } = flight.request;
      const lost = (): World => {
        const heard = feed(engine, failed, index, { kind: "controlled", keys: [] });
        const partitions = fences.map((fence) => fence.partition).filter((partition) => heard.processes[index]?.held.has(partition) === true);
        const now = heard.processes[index];
        if (now === undefined || partitions.length === 0) return heard;
        const held = new Map([...now.held].filter(([partition]) => !partitions.includes(partition)));
        return feed(engine, replaced(heard, index, { ...now, held }), index, { kind: "lost", partitions });
      };
      if (flight.answer !== null) to("controlled", feed(engine, rest, index, flight.answer), id);
      else {
        const { store, result } = onFork(world.store, world.nowMs, "control", (memory) => engine.rules.applyControls(memory, { group: GROUP, worker: id, fences }));
        const keys = result.filter((one) => one.applied).map(({ partition, tenant, key, remaining, action }) => ({ partition, tenant, key, remaining, due: action !== "edit" }));
        to("controls at the store", patched({ ...world, store }, index, flight, { ...flight, answer: { kind: "controlled", keys } }), id);
      }
      if (fails) to("controls fail", lost(), id);
      return;
    }
    case "commit": {
      const { batch, commit } = flight.request;
      const end = (from: World, result: CommitResult): World => feed(engine, from, index, { kind: "committed", batch, result: engine.heard(result) });
      const words = describe(commit);
      const doubt: CommitResult = { kind: "inDoubt", reason: "the connection was lost" };
      if (flight.answer !== null) {
        to("committed", end(rest, flight.answer), `${id}: ${words} ${flight.answer.kind}`);
        if (fails) to("commit in doubt", end(failed, doubt), `${id}: ${words}, which the store answered`);
        return;
      }
      const { world: after, result } = landed(engine, world, commit);
      to("commit at the store", patched(after, index, flight, { ...flight, answer: result }), `${id}: ${words} ${result.kind}`);
      if (!fails) return;
      to("commit refused to run", end(failed, { kind: "rerun" }), `${id}: ${words}`);
      // It may reach the store later, or never.
      to("commit in doubt", end({ ...failed, strays: [...world.strays, { kind: "commit", request: flight.request }] }, doubt), `${id}: ${words}, under way`);
    }
  }
}

function readOf(world: World, request: Extract<Flight, { kind: "read" }>["request"]): Extract<Input, { kind: "read" }>["result"] {
  const { cursors, limit, maxLength } = request;
  return look(world.store, world.nowMs, ({ state }) => readRule(state, { group: GROUP, names: [HANDLED], cursors, limit, maxLength }));
}

function describe({ messages, park, retries, unpark }: Extract<Flight, { kind: "commit" }>["request"]["commit"]): string {
  const words = [
    ...messages.map(({ id }) => id), ...park.map(({ message, head }) => `${head === null ? "queue" : "park"} ${message.id}`),
    ...retries.map(({ position }) => `retry @${String(position)}`), ...unpark.map(({ position }) => `unpark @${String(position)}`),
  ];
  return `[${words.join()}]`;
}
