// What may happen to delivery: each request reaches the store, is answered, fails, or is answered with doubt; processes crash, are taken for
// dead and go on, hear of it, and begin anew; messages are published; partitions change hands; operators act; time passes. One move at a time.
import { append, read as readRule, requestControl, type ExecutorState } from "@evenkeel/core/engine";
import type { CommitResult } from "@evenkeel/core/spi";
import type { Next } from "../protocol.ts";
import { landed, OWNER_MOVES, ownerMoves, patched, replaced, spend, without, type Stray, type Wiring } from "../owners.ts";
import { GROUP, look, onFork } from "../rules.ts";
import { decisionsOf } from "./decisions.ts";
import { feed, type Engine } from "./process.ts";
import { DELAY_MS, envelopeOf, HANDLED, newMachine, type DeliveryScope, type DeliveryWorld, type Flight, type Input, type Process } from "./world.ts";

type World = DeliveryWorld;

export const MOVES = [
  ...OWNER_MOVES,
  "publish", "poll", "read at the store", "read", "read fails", "parked read at the store", "parked read", "parked read fails", "mark at the store",
  "marked", "mark fails", "decided", "decide fails", "commit at the store", "committed", "commit refused to run", "commit in doubt", "handed",
  "handed is lost", "operator asks", "told of operators", "controls at the store", "controlled", "controls fail", "time passes", "wake",
] as const;

type Move = (typeof MOVES)[number];
type To = (move: Move, after: World, detail: string) => void;

export function expandDelivery(engine: Engine, scope: DeliveryScope, world: World, next: Next<World>): void {
  const to: To = next;
  ownerMoves(wiringOf(engine, scope), world, next);
  publish(scope, world, to);
  operator(scope, world, to);
  time(world, to);
  for (const [index, owner] of world.owners.entries()) {
    if (owner.machine === null) continue;
    for (const flight of owner.flights) {
      if (flight.kind !== "acquire" && flight.kind !== "release") progress(engine, scope, world, owner, index, flight, to);
    }
    wakes(engine, world, owner, index, to);
  }
}

function wiringOf(engine: Engine, scope: DeliveryScope): Wiring<ExecutorState, Flight, World> {
  return {
    rules: engine.rules,
    restarts: scope.restarts,
    late: scope.late ?? false,
    newMachine: (id) => newMachine(scope, id),
    granted: (world, index, grants) => feed(engine, world, index, { kind: "granted", grants }),
    lost: (world, index, partitions) => feed(engine, world, index, { kind: "lost", partitions }),
    leave: (world, index, partition) => feed(engine, world, index, { kind: "leave", partitions: [partition] }),
    working: ({ owned }) => [...owned.values()].filter(({ leaving }) => !leaving).map(({ partition }) => partition),
    strayOf: (flight) => {
      if (flight.kind === "commit" && flight.answer === null) return { kind: "commit", commit: flight.request.commit };
      return flight.kind === "mark" && flight.answer === null ? strayMark(flight) : null;
    },
  };
}

function strayMark({ request: { fence, position } }: Extract<Flight, { kind: "mark" }>): Stray {
  return { kind: "mark", fence, position };
}

// --- the log, operators, time ---------------------------------------------------------------------------------------------------

function publish(scope: DeliveryScope, world: World, to: To): void {
  const message = scope.messages[world.published];
  if (message === undefined) return;
  const after = world.store.log[message.partition]?.at(-1)?.position ?? 0;
  const { store, result } = onFork(world.store, world.nowMs, "append", ({ state }) => append(state, envelopeOf(message)));
  const published: World = { ...world, store, published: world.published + 1 };
  const told: Input = {
    kind: "handed",
    handovers: [{ partition: result.partition, after, to: result.position, messages: result.name === HANDLED ? [result] : [] }],
  };
  const owners = published.owners.map((one) => one.machine === null ? one : { ...one, flights: [...one.flights, { kind: "handed", input: told } as const] });
  to("publish", { ...published, owners }, message.id);
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
  const wakes = world.owners.some(({ machine, wakeAt }) => machine !== null && wakeAt !== null && wakeAt > nowMs);
  if (rows || wakes) to("time passes", { ...world, nowMs: nowMs + DELAY_MS }, "");
}

// --- waking ---------------------------------------------------------------------------------------------------------------------

function wakes(engine: Engine, world: World, process: Process, index: number, to: To): void {
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
      const { messages, keysRead } = look(world.store, world.nowMs, ({ state }) =>
        engine.rules.readParked(state, { group: GROUP, keys, limit, maxLength: 10_000 }));
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
      const strays: readonly Stray[] = flight.answer === null ? [...world.strays, strayMark(flight)] : world.strays;
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
        const partitions = fences.map((fence) => fence.partition).filter((partition) => heard.owners[index]?.held.has(partition) === true);
        const now = heard.owners[index];
        if (now === undefined || partitions.length === 0) return heard;
        const held = new Map([...now.held].filter(([partition]) => !partitions.includes(partition)));
        return feed(engine, replaced(heard, index, { ...now, held }), index, { kind: "lost", partitions });
      };
      if (flight.answer !== null) to("controlled", feed(engine, rest, index, flight.answer), id);
      else {
        const { store, result } = onFork(world.store, world.nowMs, "control", (memory) =>
          engine.rules.applyControls(memory, { group: GROUP, worker: id, fences }));
        const keys = result.filter((one) => one.applied)
          .map(({ partition, tenant, key, remaining, action }) => ({ partition, tenant, key, remaining, due: action !== "edit" }));
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
      const { world: after, result } = landed(engine.rules, world, commit);
      to("commit at the store", patched(after, index, flight, { ...flight, answer: result }), `${id}: ${words} ${result.kind}`);
      if (!fails) return;
      to("commit refused to run", end(failed, { kind: "rerun" }), `${id}: ${words}`);
      // It may reach the store later, or never.
      to("commit in doubt", end({ ...failed, strays: [...world.strays, { kind: "commit", commit }] }, doubt), `${id}: ${words}, under way`);
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
