// What may happen to calls: they are requested; each request of a runner reaches the store, is answered, fails, or is answered with doubt; each
// attempt reaches the provider or not, and comes to an answer, to nothing, or to doubt, also when nobody waits for it any more; the handler
// answers what is unknown; processes come and go as everywhere; time passes. One move at a time.
import { callRunner, putCall, updateCall, type CallRunnerState } from "@evenkeel/core/engine";
import type { CommitResult } from "@evenkeel/core/spi";
import { forfeited, givenBack, isLate, landed, OWNER_MOVES, ownerMoves, patched, replaced, spend, without, type Wiring } from "../owners.ts";
import type { Next } from "../protocol.ts";
import { GROUP, leasesOf, look, onFork, SHIPPING, type Rules } from "../rules.ts";
import { callOf, DELAY_MS, newCallMachine, outcomesOf, type CallFlight, type CallInput, type CallScope, type CallsWorld } from "./world.ts";

type World = CallsWorld;

export const CALL_MOVES = [
  ...OWNER_MOVES,
  "requested", "told of calls", "leaves the process", "tick", "time passes", "scan at the store", "scanned", "scan fails", "the effect happens", "a late effect happens",
  "a late attempt is lost", "performed", "not performed", "attempt unknown", "asked", "answered by the provider", "asking tells nothing", "handler answers",
  "answered", "answer in doubt", "commit at the store", "committed", "commit refused to run", "commit in doubt",
] as const;

type To = (move: (typeof CALL_MOVES)[number], after: World, detail: string) => void;

/** What is explored: as it ships, or with one thing broken on purpose. */
export interface CallEngine {
  readonly rules: Rules;
  readonly step: typeof callRunner;
  readonly heard: (result: CommitResult) => CommitResult;
  /** Whether the driver tells the machine that its heartbeats are not confirmed. */
  readonly tellsLate: boolean;
  /** Whether the ownership loop sees what another has taken. */
  readonly seesTaken: boolean;
}

export const CALL_ENGINE: CallEngine = { rules: SHIPPING, step: callRunner, heard: (result) => result, tellsLate: true, seesTaken: true };

/** Longer than a machine waits until it looks again whether attempts may begin: no time that any scope counts. */
const MOMENT_MS = DELAY_MS / 2;

const FAILURE = { code: "TOY", message: "planned" };

export function expandCalls(engine: CallEngine, scope: CallScope, world: World, next: Next<World>): void {
  const to: To = next;
  ownerMoves(wiringOf(engine, scope), world, next);
  const call = scope.calls[world.requested];
  if (call !== undefined) {
    const { store } = onFork(world.store, world.nowMs, "work", (memory) => { putCall(memory, GROUP, callOf(call, scope)); });
    to("requested", { ...world, store, requested: world.requested + 1 }, call.id);
  }
  for (const id of new Set(world.late)) {
    to("a late effect happens", happened({ ...world, late: minus(world.late, id) }, id), id);
    to("a late attempt is lost", { ...world, late: minus(world.late, id) }, id);
  }
  handler(scope, world, to);
  if (world.budget.ticks > 0) to("time passes", { ...spend(world, "ticks"), nowMs: world.nowMs + DELAY_MS }, "");
  for (const [index, owner] of world.owners.entries()) {
    const { machine } = owner;
    if (machine === null) continue;
    for (const flight of owner.flights) {
      if (flight.kind !== "acquire" && flight.kind !== "release") progress(engine, scope, world, owner.id, index, flight, to);
    }
    const confirmed = isConfirmed(world, owner.id);
    if (owner.wakeAt !== null && owner.wakeAt <= world.nowMs + (confirmed ? MOMENT_MS : 0)) to("tick", feed(engine, scope, replaced(world, index, { ...owner, wakeAt: null }), index, { kind: "tick" }), owner.id);
    // Told of nothing that it may see, a runner reads and finds nothing.
    if (machine.scanning === null && findsCalls(engine, world, owner.id, machine)) to("told of calls", feed(engine, scope, world, index, { kind: "wake" }), owner.id);
  }
}

function findsCalls(engine: CallEngine, world: World, worker: string, machine: CallRunnerState): boolean {
  const waiting = [...machine.owned.values()].filter(({ hungry, leaving, cursor }) => !hungry && !leaving && world.store.lastCallSequence > cursor);
  return waiting.some(({ partition, epoch, cursor }) => {
    const read = { group: GROUP, partitions: [partition], after: cursor, limit: 1, owner: { worker, fences: [{ partition, epoch }] } };
    return look(world.store, world.nowMs, (memory) => engine.rules.readCalls(memory, read)).calls.length > 0;
  });
}

/** Nobody has missed its heartbeats: so long as that is so, nobody takes anything from it. */
function isConfirmed({ store }: World, id: string): boolean {
  return store.workers.has(id) && !isLate(store, id);
}

// --- provider, handler, time ----------------------------------------------------------------------------------------------------

/** A provider that absorbs repeated keys: the effect happens once. */
function happened(world: World, id: string): World {
  return world.effects.includes(id) ? world : { ...world, effects: [...world.effects, id] };
}

function minus(list: readonly string[], one: string): readonly string[] {
  const at = list.indexOf(one);
  return at < 0 ? list : list.filter((_, index) => index !== at);
}

/** No attempt that was sent before may have an effect any more: the provider has given its word. */
function barred(world: World, id: string): World {
  const owners = world.owners.map((owner) => ({
    ...owner,
    flights: owner.flights.map((flight) =>
      flight.kind === "perform" && flight.state === "sent" && flight.request.call.id === id ? { ...flight, state: "barred" as const } : flight),
  }));
  return { ...world, owners, late: world.late.filter((other) => other !== id) };
}

/** The handler hears of an unknown outcome, once, and its answer commits behind whatever the log holds; its process then tells the runner. */
function handler(scope: CallScope, world: World, to: To): void {
  const outcomes = outcomesOf(world.store);
  const at = outcomes.findIndex(({ kind }, index) => index >= world.heard && kind === "unknown");
  const outcome = outcomes[at];
  if (outcome === undefined) return;
  const { callId } = outcome;
  const index = world.owners.findIndex(({ id, machine }) => machine !== null && leasesOf(world.store)[0]?.worker === id);
  // Without an owner nobody handles messages.
  const owner = world.owners[index];
  if (owner === undefined || !owner.held.has(0)) return;
  for (const answer of scope.answers) {
    const { store, result } = onFork(world.store, world.nowMs, "work", (memory) => updateCall(memory, {
      id: callId, outcome: null, change: answer === "abandon" ? { kind: "remove" } : { kind: "set", state: "asking", attempts: 0, dueInMs: 0 },
    }));
    const abandoned = answer === "abandon" && result ? [...world.abandoned, callId] : world.abandoned;
    const told: CallFlight = { kind: "answered", callId, answer, partition: 0 };
    const after = { ...world, store, abandoned, heard: at + 1 };
    to("handler answers", replaced(after, index, { ...owner, flights: [...owner.flights, told] }), `${answer} ${callId}`);
  }
}

// --- requests and attempts --------------------------------------------------------------------------------------------------------

function progress(engine: CallEngine, scope: CallScope, world: World, id: string, index: number, flight: CallFlight, to: To): void {
  const rest = without(world, index, flight);
  const fails = world.budget.faults > 0;
  const failed = fails ? spend(rest, "faults") : rest;
  switch (flight.kind) {
    case "scan": {
      const { partitions, after, limit, epochs: fences } = flight.request;
      if (flight.answer !== null) return to("scanned", feed(engine, scope, rest, index, { kind: "scanned", calls: flight.answer }), id);
      const read = { group: GROUP, partitions, after, limit, owner: { worker: id, fences } };
      const { calls: answer } = look(world.store, world.nowMs, (memory) => engine.rules.readCalls(memory, read));
      to("scan at the store", patched(world, index, flight, { ...flight, answer }), `${id}: ${answer.map((row) => `${row.id} ${row.state}`).join(" and ")}`);
      if (fails) to("scan fails", feed(engine, scope, failed, index, { kind: "scanFailed" }), id);
      return;
    }
    case "perform": return attempt(engine, scope, world, id, index, flight, to);
    case "ask": return question(engine, scope, world, id, index, flight, to);
    case "answered": {
      const { callId, answer, partition } = flight;
      to("answered", feed(engine, scope, rest, index, { kind: "answered", callId, answer }), `${id}: ${answer} ${callId}`);
      // The handler's commit was in doubt: its executor has the partition acquired anew, for the runner as well.
      if (!fails) return;
      const { ours, held } = forfeited(world.owners[index]?.held ?? new Map(), [partition]);
      const owner = failed.owners[index];
      if (owner !== undefined) to("answer in doubt", feed(engine, scope, replaced(failed, index, { ...owner, held }), index, { kind: "lost", partitions: ours }), id);
      return;
    }
    case "commit": return commitMoves(engine, scope, world, id, index, flight, to);
  }
}

function attempt(engine: CallEngine, scope: CallScope, world: World, id: string, index: number, flight: Extract<CallFlight, { kind: "perform" }>, to: To): void {
  const { call, ticket } = flight.request;
  const words = `${id}: ${call.id}`;
  if (flight.state === "begun") return to("leaves the process", patched(world, index, flight, { ...flight, state: "sent" }), words);
  const rest = without(world, index, flight);
  const end = (from: World, result: Extract<CallInput, { kind: "performed" }>["result"]): World =>
    feed(engine, scope, from, index, { kind: "performed", callId: call.id, ticket, result });
  if (flight.state === "sent") to("the effect happens", patched(happened(world, call.id), index, flight, { ...flight, state: "done" }), words);
  if (flight.state === "done") to("performed", end(rest, { kind: "ok", value: "1" }), words);
  // Where the provider has barred the attempt, its word is that it was not performed.
  if (flight.state === "barred") to("not performed", end(rest, { kind: "notPerformed", failure: FAILURE, afterMs: null }), words);
  if (world.budget.troubles === 0) return;
  const paid = spend(rest, "troubles");
  if (flight.state === "sent") {
    to("not performed", end(paid, { kind: "notPerformed", failure: FAILURE, afterMs: null }), words);
    to("attempt unknown", end({ ...paid, late: [...paid.late, call.id] }, { kind: "unknown", failure: FAILURE }), `${words}, under way`);
  } else to("attempt unknown", end(paid, { kind: "unknown", failure: FAILURE }), `${words}, ${flight.state}`);
}

function question(engine: CallEngine, scope: CallScope, world: World, id: string, index: number, flight: Extract<CallFlight, { kind: "ask" }>, to: To): void {
  const { call, ticket } = flight.request;
  const rest = without(world, index, flight);
  if (flight.answer !== null) {
    const result = flight.answer === "done" ? { kind: "ok", value: "1" } as const : { kind: "absent" } as const;
    to("answered by the provider", feed(engine, scope, rest, index, { kind: "asked", callId: call.id, ticket, result }), `${id}: ${call.id} is ${flight.answer}`);
  } else {
    const answer = world.effects.includes(call.id) ? "done" : "absent";
    const said = patched(world, index, flight, { ...flight, answer });
    to("asked", answer === "absent" ? barred(said, call.id) : said, `${id}: ${call.id} is ${answer}`);
  }
  if (world.budget.troubles === 0) return;
  const told: CallInput = { kind: "asked", callId: call.id, ticket, result: { kind: "unknown", failure: FAILURE } };
  to("asking tells nothing", feed(engine, scope, spend(rest, "troubles"), index, told), `${id}: ${call.id}`);
}

function commitMoves(engine: CallEngine, scope: CallScope, world: World, id: string, index: number, flight: Extract<CallFlight, { kind: "commit" }>, to: To): void {
  const { commit, changes } = flight.request;
  const rest = without(world, index, flight);
  const words = `${id}: ${changes.callUpdates.map((one) => `${one.change.kind === "set" ? one.change.state : "end"} ${one.id}`).join(" and ")}`;
  const end = (from: World, result: CommitResult): World => feed(engine, scope, from, index, { kind: "committed", commit, result: engine.heard(result) });
  const doubt: CommitResult = { kind: "inDoubt", reason: "the connection was lost" };
  const fails = world.budget.faults > 0;
  const failed = fails ? spend(rest, "faults") : rest;
  if (flight.answer !== null) {
    to("committed", end(rest, flight.answer), `${words} ${flight.answer.kind}`);
    if (fails) to("commit in doubt", end(failed, doubt), `${words}, which the store answered`);
    return;
  }
  const { world: after, result } = landed(engine.rules, world, changes);
  to("commit at the store", patched(after, index, flight, { ...flight, answer: result }), `${words} ${result.kind}`);
  if (!fails) return;
  to("commit refused to run", end(failed, { kind: "rerun" }), words);
  to("commit in doubt", end({ ...failed, strays: [...world.strays, { kind: "commit", commit: changes }] }, doubt), `${words}, under way`);
}

// --- the machine ------------------------------------------------------------------------------------------------------------------

function wiringOf(engine: CallEngine, scope: CallScope): Wiring<CallRunnerState, CallFlight, World> {
  return {
    rules: engine.rules,
    restarts: scope.restarts,
    late: scope.late ?? false,
    seesTaken: engine.seesTaken,
    newMachine: (id) => newCallMachine(scope, id),
    granted: (world, index, grants) => feed(engine, scope, world, index, { kind: "granted", fences: grants.map(({ partition, epoch }) => ({ partition, epoch })) }),
    lost: (world, index, partitions) => feed(engine, scope, world, index, { kind: "lost", partitions }),
    leave: (world, index, partition) => feed(engine, scope, world, index, { kind: "leave", partitions: [partition] }),
    working: ({ owned }) => [...owned.values()].filter(({ leaving }) => !leaving).map(({ partition }) => partition),
    strayOf: (flight) => flight.kind === "commit" && flight.answer === null ? { kind: "commit", commit: flight.request.changes } : null,
    gone: (world, index) => ({ ...world, late: [...world.late, ...sentBy(world, index)] }),
  };
}

/** What is on its way to the provider goes on without whoever sent it. */
function sentBy(world: World, index: number): string[] {
  return (world.owners[index]?.flights ?? []).flatMap((flight) => flight.kind === "perform" && flight.state === "sent" ? [flight.request.call.id] : []);
}

function feed(engine: CallEngine, scope: CallScope, world: World, index: number, input: CallInput): World {
  const owner = world.owners[index];
  if (owner?.machine == null) return world;
  const beginUntilMs = engine.tellsLate && !isConfirmed(world, owner.id) ? world.nowMs : Infinity;
  let { machine, held, wakeAt } = owner;
  let { overtaken, late } = world;
  let flights: readonly (typeof owner.flights)[number][] = owner.flights;
  const inputs: CallInput[] = [input];
  for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
    const step = engine.step(machine, { ...next, nowMs: world.nowMs, dateMs: world.nowMs, beginUntilMs });
    machine = step.state;
    for (const request of step.requests) {
      switch (request.kind) {
        case "scan": flights = [...flights, { kind: "scan", request, answer: null }]; break;
        case "commit": flights = [...flights, { kind: "commit", request, answer: null }]; break;
        case "ask":
        case "perform": {
          const { routingKey, sequence } = request.call;
          // Whoever owns the partition knows its rows; a zombie may not.
          const owns = leasesOf(world.store)[0]?.worker === owner.id && leasesOf(world.store)[0]?.epoch === held.get(0);
          overtaken ||= owns && [...world.store.calls.values()].some((row) => row.routingKey === routingKey && row.sequence < sequence);
          flights = [...flights, request.kind === "ask" ? { kind: "ask", request, answer: null } : { kind: "perform", request, state: scope.slow === true ? "begun" : "sent" }];
          break;
        }
        case "abort": {
          const aborted = flights.find((flight) => (flight.kind === "perform" || flight.kind === "ask") && flight.request.ticket === request.ticket);
          if (aborted?.kind === "perform" && aborted.state === "sent") late = [...late, request.callId];
          flights = flights.filter((flight) => flight !== aborted);
          break;
        }
        case "wait": wakeAt = request.untilMs; break;
        case "forfeit": {
          const rest = forfeited(held, request.partitions);
          held = rest.held;
          if (rest.ours.length > 0) inputs.push({ kind: "lost", partitions: rest.ours });
          break;
        }
        case "release": {
          const rest = givenBack(held, request.fences);
          held = rest.held;
          if (rest.ours.length > 0) flights = [...flights, { kind: "release", fences: rest.ours }];
          break;
        }
        // Every call has a row here.
        case "readRevivals": inputs.push({ kind: "revivals", revivals: [], more: false }); break;
        case "revivalRefused": case "readControls": case "attention": case "breaker": case "share": case "breakerStore": case "drained": break;
      }
    }
  }
  return replaced({ ...world, overtaken, late }, index, { id: owner.id, machine, held, flights, wakeAt });
}

