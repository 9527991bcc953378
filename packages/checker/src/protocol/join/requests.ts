// What may become of a request of either machine: it reaches the store, is answered, fails, is refused, or is answered with doubt, while it has
// arrived, has not yet, or never will; an attempt comes to an answer, to nothing, or to doubt; a batch is decided, or its worker dies of it.
import { read as readRule, readRevivals } from "@evenkeel/core/engine";
import type { Changes, Commit, CommitResult, Decision, Envelope } from "@evenkeel/core/spi";
import type { CallInput } from "../calls/world.ts";
import { waysOf, type Effect } from "../executor/decisions.ts";
import type { Input } from "../executor/world.ts";
import { crashed, landed, patched, spend, without } from "../owners.ts";
import { GROUP, look, onFork } from "../rules.ts";
import { handle } from "../unrecorded/handler.ts";
import { told, turned, unnoted, type JoinEngine } from "./process.ts";
import {
  callOf, describe, effectOf, nameOf, NAMES, NOTHING, outcomeOf, type Flight, type JoinScope, type JoinWorld, type To, type Told,
} from "./world.ts";

/** Whose request it is, and where what may become of it goes. */
interface Sender {
  readonly engine: JoinEngine;
  readonly scope: JoinScope;
  readonly world: JoinWorld;
  readonly id: string;
  readonly index: number;
  readonly to: To;
}

type Of<K extends Flight["kind"]> = Extract<Flight, { kind: K }>;

const FAILURE = { code: "TOY", message: "planned" };
const DOUBT: CommitResult = { kind: "inDoubt", reason: "the connection was lost" };
const REFUSED: CommitResult = { kind: "rejected", reason: "planned" };

export function progress(from: Sender, flight: Flight): void {
  const { engine, scope, world, id, index, to } = from;
  const rest = without(world, index, flight);
  const fails = world.budget.faults > 0;
  const failed = fails ? spend(rest, "faults") : rest;
  switch (flight.kind) {
    case "handed":
      to("handed", told(engine, rest, index, flight.input), id);
      return to("handed is lost", rest, id);
    case "read": {
      const { cursors } = flight.request;
      const answer = flight.answer ?? readOf(world, flight);
      // While nothing more can be appended, a read at the store is the same at any time.
      if (flight.answer === null && (world.published < scope.messages.length || world.store.calls.size > 0 || world.unrecorded !== null)) {
        to("read at the store", patched(world, index, flight, { ...flight, answer }), id);
      }
      to("read", told(engine, rest, index, answer), id);
      if (fails) to("read fails", told(engine, failed, index, { kind: "readFailed", cursors }), id);
      return;
    }
    case "readParked": {
      const { keys, limit } = flight.request;
      const { messages, keysRead } = look(world.store, world.nowMs, ({ state }) =>
        engine.rules.readParked(state, { group: GROUP, keys, limit, maxLength: 10_000 }));
      const answer: Input = { kind: "parkedRead", messages, keys: keys.slice(0, keysRead), limit };
      to("parked read", told(engine, rest, index, answer), `${id}: ${messages.map(({ message }) => nameOf(message)).join()}`);
      if (fails) to("parked read fails", told(engine, failed, index, { kind: "parkedRead", messages: [], keys: [], limit }), id);
      return;
    }
    case "mark": {
      const { batch, fence, position } = flight.request;
      const { store, result } = onFork(world.store, world.nowMs, "own", ({ state }) => engine.rules.mark(state, { group: GROUP, fence, position }));
      to("marked", told(engine, { ...rest, store }, index, { kind: "marked", batch, result }), id);
      if (fails) to("mark fails", told(engine, failed, index, { kind: "marked", batch, result: "failed" }), id);
      return;
    }
    case "decide": return decide(from, flight);
    case "commit": {
      const { request } = flight;
      return commit(from, flight, engine.notes === "at once" ? request.commit : unnoted(request.commit), (after, result) => turned(engine, after, index, (turn) => { turn.committed(request, result); }));
    }
    case "ends": {
      const { request } = flight;
      return commit(from, flight, request.changes, (after, result) => turned(engine, after, index, (turn) => { turn.endsCommitted(request, result); }));
    }
    case "joinEnded":
      return to("join ended", turned(engine, rest, index, (turn) => { turn.joinEnded(flight.result); }), `${id}: ${flight.result?.kind ?? "not taken along"}`);
    case "scan": {
      const { partitions, after, limit, epochs: fences } = flight.request;
      if (flight.answer !== null) return to("scanned", toldRunner(from, rest, { kind: "scanned", calls: flight.answer }), id);
      const read = { group: GROUP, partitions, after, limit, owner: { worker: id, fences } };
      const { calls: answer } = look(world.store, world.nowMs, (memory) => engine.rules.readCalls(memory, read));
      to("scan at the store", patched(world, index, flight, { ...flight, answer }), `${id}: ${answer.map((row) => `${row.id} ${row.state}`).join(" and ")}`);
      if (fails) to("scan fails", toldRunner(from, failed, { kind: "scanFailed" }), id);
      return;
    }
    case "revivals": return revivals(from, flight);
    case "perform": return perform(from, flight);
    case "ask": return ask(from, flight);
  }
}

function toldRunner({ engine, index }: Sender, world: JoinWorld, input: CallInput): JoinWorld {
  return turned(engine, world, index, (turn) => { turn.runner(input); });
}

function readOf({ store, nowMs }: JoinWorld, { request: { cursors, epochs, limit, maxLength } }: Of<"read">): Input {
  const result = look(store, nowMs, ({ state }) => readRule(state, { group: GROUP, names: [...NAMES], cursors, limit, maxLength }));
  return { kind: "read", result, cursors, epochs };
}

/** A commit of either machine. */
function commit(
  { engine, world, id, index, to }: Sender, flight: Of<"commit" | "ends">, changes: Commit, heard: (after: JoinWorld, result: CommitResult) => JoinWorld,
): void {
  const rest = without(world, index, flight);
  const fails = world.budget.faults > 0;
  const words = `${id}: ${describe(changes)}`;
  if (flight.answer !== null) {
    to("committed", heard(rest, flight.answer), `${words} ${flight.answer.kind}`);
    if (fails) to("commit in doubt", heard(spend(rest, "faults"), DOUBT), `${words}, which the store answered`);
    return;
  }
  const { world: after, result } = landed(engine.rules, world, changes);
  to("commit at the store", patched(after, index, flight, { ...flight, answer: result }), `${words} ${result.kind}`);
  if (world.budget.refusals > 0) to("commit refused", heard(spend(rest, "refusals"), REFUSED), words);
  if (!fails) return;
  to("commit refused to run", heard(spend(rest, "faults"), { kind: "rerun" }), words);
  // It may reach the store later, or never.
  to("commit in doubt", heard({ ...spend(rest, "faults"), strays: [...world.strays, { kind: "commit", commit: changes }] }, DOUBT), `${words}, under way`);
}

// --- handlers ---------------------------------------------------------------------------------------------------------------------

function decide({ engine, scope, world, id, index, to }: Sender, flight: Of<"decide">): void {
  const { batch, items, outcomes } = flight.request;
  const all = [...items, ...outcomes.map((message) => ({ message, plan: { kind: "run" } as const }))];
  if (all.some(({ message, plan }) => plan.kind === "run" && nameOf(message) === scope.killer)) {
    return to("dies of it", crashed({ strayOf }, { ...world, killed: world.killed + 1 }, index), `${id}: ${scope.killer ?? ""}`);
  }
  const rest = without(world, index, flight);
  const epochIn = (partition: number): number => flight.request.fences.find((fence) => fence.partition === partition)?.epoch ?? 0;
  const pending = flight.request.fresh ? null : world.owners[index]?.machine?.executor.committing?.commit.documents ?? null;
  const effectsOf = (message: Envelope, before: readonly Decision[]): readonly Effect[] => world.unrecorded === null
    ? effects(scope, message, flight.knew) : [handle({
      scope, world, epoch: epochIn(message.partition), pending: pending ?? [], before, knew: knewOf(message, flight.knew),
      comparesEpochs: engine.comparesEpochs,
    }, message)];
  const toys = { queues: true, failing: scope.failing, name: nameOf, effects: effectsOf };
  for (const { decisions, spent, detail } of waysOf<Envelope>(toys, all, world.budget.failures)) {
    const paid: JoinWorld = { ...rest, budget: { ...rest.budget, failures: rest.budget.failures - spent } };
    to("decided", told(engine, paid, index, { kind: "decided", batch, decisions, blind: false }), `${id}: ${detail}`);
  }
  if (world.budget.faults > 0) to("decide fails", told(engine, spend(rest, "faults"), index, { kind: "decideFailed", batch }), id);
}

function effects(scope: JoinScope, message: Envelope, known: readonly Told[]): Effect[] {
  const outcome = outcomeOf(message);
  const took = (kind: string, more: Partial<Changes>): Decision =>
    ({ kind: "changes", changes: { ...NOTHING, messages: [effectOf(scope, message, kind, knewOf(message, known))], ...more } });
  if (outcome === null) {
    const requested = scope.messages.find(({ id }) => id === message.id)?.call;
    const calls = requested === undefined ? [] : [callOf(requested, message, scope)];
    return [{ decision: took("message", { calls }), words: `${message.id} takes effect` }];
  }
  if (outcome.kind !== "unknown") return [{ decision: took(outcome.kind, {}), words: `${nameOf(message)} takes effect` }];
  return scope.answers.map((answer) => ({ decision: took(answer, { answers: [{ callId: outcome.call, answer }] }), words: `${answer} ${outcome.call}` }));
}

/** Of the log the order is another property's: a message of the log knows what stands behind it. */
function knewOf(message: Envelope, known: readonly Told[]): readonly string[] {
  return "position" in message ? [] : known.filter(({ id, key }) => key === message.key && id !== message.id).map(({ id }) => id);
}

/** What a process has sent, and may arrive without it. */
export function strayOf(flight: Flight): { readonly kind: "commit"; readonly commit: Commit } | null {
  if (flight.kind === "commit" && flight.answer === null) return { kind: "commit", commit: flight.request.commit };
  return flight.kind === "ends" && flight.answer === null ? { kind: "commit", commit: flight.request.changes } : null;
}

// --- keys that are to be revived ----------------------------------------------------------------------------------------------------

function revivals(from: Sender, flight: Of<"revivals">): void {
  const { world, id, index, to } = from;
  const rest = without(world, index, flight);
  const { partition, after, limit } = flight.request;
  if (flight.answer !== null) {
    const { answer } = flight;
    return to("revivals read", toldRunner(from, rest, { kind: "revivals", revivals: answer, more: answer.length >= limit }), `${id}: ${answer.map(({ key }) => key).join()}`);
  }
  const answer = readRevivals(world.store, { group: GROUP, partitions: [partition], after, limit });
  to("revivals at the store", patched(world, index, flight, { ...flight, answer }), `${id}: ${answer.map(({ key }) => key).join()}`);
  if (world.budget.faults > 0) to("revivals fail", toldRunner(from, spend(rest, "faults"), { kind: "revivalsFailed" }), id);
}

// --- attempts ---------------------------------------------------------------------------------------------------------------------

/** What the provider says of calls with rows is free: whether it is true is looked at in the protocol of calls. Of the others it is true. */
function perform(from: Sender, flight: Of<"perform">): void {
  const { world, id, index, to } = from;
  const { call, ticket } = flight.request;
  const rest = without(world, index, flight);
  const end = (after: JoinWorld, result: Extract<CallInput, { kind: "performed" }>["result"]): JoinWorld =>
    toldRunner(from, after, { kind: "performed", callId: call.id, ticket, result });
  if (world.unrecorded !== null && !flight.applied) {
    const done = { ...world, applied: [...world.applied.filter((key) => key !== call.callKey), call.callKey].sort() };
    to("takes effect", patched(done, index, flight, { ...flight, applied: true }), `${id}: ${call.id}`);
  } else to("performed", end(rest, { kind: "ok", value: "1" }), `${id}: ${call.id}`);
  if (world.budget.troubles === 0) return;
  const paid = spend(rest, "troubles");
  if (!flight.applied) to("not performed", end(paid, { kind: "notPerformed", failure: FAILURE, afterMs: null }), `${id}: ${call.id}`);
  to("attempt unknown", end(paid, { kind: "unknown", failure: FAILURE }), `${id}: ${call.id}`);
}

/** Attempts that end in one turn of the loop are one step of the runner: their ends are offered together. */
export function together(from: Sender, attempts: readonly Of<"perform">[]): void {
  const { world, id, index, to } = from;
  const rest = attempts.reduce((after, attempt) => without(after, index, attempt), world);
  const end = (after: JoinWorld, last: Extract<CallInput, { kind: "performed" }>["result"]): JoinWorld => toldRunner(from, after, {
    kind: "ended",
    ends: attempts.map(({ request: { call, ticket } }, at) => ({ callId: call.id, ticket, result: at < attempts.length - 1 ? { kind: "ok", value: "1" } : last })),
  });
  const words = `${id}: ${attempts.map(({ request }) => request.call.id).join(" and ")}`;
  to("ended together", end(rest, { kind: "ok", value: "1" }), words);
  if (world.budget.troubles > 0) to("ended together", end(spend(rest, "troubles"), { kind: "unknown", failure: FAILURE }), `${words}, whose end is unknown`);
}

function ask(from: Sender, flight: Of<"ask">): void {
  const { world, id, index, to } = from;
  const { call, ticket } = flight.request;
  const rest = without(world, index, flight);
  const end = (after: JoinWorld, result: Extract<CallInput, { kind: "asked" }>["result"]): JoinWorld =>
    toldRunner(from, after, { kind: "asked", callId: call.id, ticket, result });
  if (world.unrecorded === null || world.applied.includes(call.callKey)) to("asked", end(rest, { kind: "ok", value: "1" }), `${id}: ${call.id} is done`);
  else to("asked", end(rest, { kind: "absent" }), `${id}: ${call.id} is absent`);
  if (world.budget.troubles === 0) return;
  const paid = spend(rest, "troubles");
  if (world.unrecorded === null) to("asked", end(paid, { kind: "absent" }), `${id}: ${call.id} is absent`);
  to("asking tells nothing", end(paid, { kind: "unknown", failure: FAILURE }), `${id}: ${call.id}`);
}
