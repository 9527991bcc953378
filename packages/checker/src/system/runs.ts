// Runs of handlers, remembered: a handler that is given the same message and reads the same documents decides the same, so it is run once
// and its decision is used in every world that looks the same to it. Which documents it reads, and in which order, is itself part of what
// is remembered: a tree whose forks are reads. Whether handlers keep to this is checked by running some of them again (determinism.ts).
import type { Envelope } from "@evenkeel/core";
import { decide, merge, type Decision, type DocumentRef, type DocumentState, type NewCall } from "@evenkeel/core/engine";
import { NOTHING, type Cell, type World } from "./cell.ts";
import type { Cells } from "./cells.ts";
import type { CallRow, Effects, KnownMessage, RunEnd, RunNode } from "./contents.ts";
import type { Definition, Group } from "./definitions.ts";
import type { HandlerGuard } from "./guard.ts";
import type { Mutation } from "../mutation/mutation.ts";
import { mutateDecision } from "../mutation/mutate-decision.ts";
import type { Messages } from "./messages.ts";
import { ownLineOf, rowOf } from "./line.ts";

const ABSENT: DocumentState = { version: 0, body: null };

interface Read { readonly cell: Cell<unknown>; readonly number: number }

export class Runs {
  readonly #cells: Cells;
  readonly #messages: Messages;
  readonly #groups: readonly Group[];
  readonly #guard: HandlerGuard;
  /** Handlers that were really run, those run again to compare left out. */
  real = 0;
  /** What a handler did that it may not do. */
  misdeed: unknown = null;
  /** What is done wrong on purpose from now on. */
  mutation: Mutation | null = null;
  /** Calls may go without a row: whose ownership they rest on is then known to every run. */
  withoutRows = false;
  /** Decisions that it changed. */
  mutated = 0;

  constructor(cells: Cells, messages: Messages, groups: readonly Group[], guard: HandlerGuard) {
    this.#cells = cells;
    this.#messages = messages;
    this.#groups = groups;
    this.#guard = guard;
  }

  /** What the handler decides in this world; a promise where it had to be run. */
  run(definition: Definition, message: KnownMessage, world: World): RunEnd | Promise<RunEnd> {
    let node = message.runs[definition.number];
    while (node?.kind === "read") node = node.next[world.numbers[node.cell.index] ?? NOTHING];
    return node ?? this.#runAnew(definition, message, world);
  }

  /** The documents that a known run reads in this world. */
  readsOf(definition: number, message: KnownMessage, world: World): Cell<unknown>[] {
    const cells: Cell<unknown>[] = [];
    for (let node = message.runs[definition]; node?.kind === "read"; node = node.next[world.numbers[node.cell.index] ?? NOTHING]) cells.push(node.cell);
    return cells;
  }

  async #runAnew(definition: Definition, message: KnownMessage, world: World): Promise<RunEnd> {
    try {
      return await this.#runReally(definition, message, world);
    } catch (error) {
      this.misdeed ??= error;
      throw error;
    }
  }

  async #runReally(definition: Definition, message: KnownMessage, world: World): Promise<RunEnd> {
    const { decision, reads } = await this.#decide(definition, message.envelope, world);
    this.real++;
    if (this.#guard.wantsProof(this.real)) {
      const again = await this.#decide(definition, message.envelope, world);
      this.#guard.compare(definition, message.envelope, textOf(decision, reads), textOf(again.decision, again.reads));
    }
    const end = this.#endOf(definition, message, this.#mutate(definition, message.envelope, decision));
    message.runs[definition.number] = this.#grown(definition, message, reads, end);
    return end;
  }

  async #decide(definition: Definition, envelope: Envelope, world: World): Promise<{ decision: Decision; reads: readonly Read[] }> {
    const reads: Read[] = [];
    const read = (ref: DocumentRef, id: string): DocumentState => {
      const cell = this.#cells.document(ref, id);
      const number = world.numbers[cell.index] ?? NOTHING;
      reads.push({ cell, number });
      return cell.value(number) ?? ABSENT;
    };
    const unrecorded = this.withoutRows ? this.#owned(definition, envelope, world, reads) : undefined;
    const decision = await this.#guard.watch(definition, envelope, (watchdog, given) => {
      const settings = unrecorded === undefined ? given : { ...given, unrecorded };
      return decide({ service: definition.service, routes: definition.routes, settings, watchdog }, envelope, { read });
    });
    return { decision, reads };
  }

  /** In which epoch the message's key is owned. Each key is as in a partition of its own: those of one are taken over one after the other. */
  #owned({ group, service }: Definition, { tenant, key }: Envelope, world: World, reads: Read[]): () => number {
    const cell = this.#cells.epoch(group, service.name, tenant, key);
    const number = world.numbers[cell.index] ?? NOTHING;
    reads.push({ cell, number });
    const epoch = 1 + (cell.value(number) ?? 0);
    return () => epoch;
  }

  #mutate(definition: Definition, message: Envelope, decision: Decision): Decision {
    if (this.mutation === null) return decision;
    const mutated = mutateDecision(this.mutation, definition.service.name, message, decision);
    if (mutated !== decision) this.mutated++;
    return mutated;
  }

  /** The tree with one more path. */
  #grown(definition: Definition, message: KnownMessage, reads: readonly Read[], end: RunEnd): RunNode {
    const root = message.runs[definition.number];
    const [first] = reads;
    if (first === undefined) return end;
    const top: RunNode = root ?? { kind: "read", cell: first.cell, next: [] };
    let node = top;
    for (const [index, { cell, number }] of reads.entries()) {
      if (node.kind !== "read" || node.cell !== cell) throw this.#guard.strayed(definition, message.envelope);
      const following = reads[index + 1];
      const next: RunNode = node.next[number] ?? (following === undefined ? end : { kind: "read", cell: following.cell, next: [] });
      // No holes: an array without them is found by its number.
      while (node.next.length <= number) node.next.push(undefined);
      node.next[number] = next;
      node = next;
    }
    return top;
  }

  #endOf(definition: Definition, { stimulus }: KnownMessage, decision: Decision): RunEnd {
    if (decision.kind === "failed") return { kind: "failed", failure: decision.failure };
    return { kind: "changes", effects: this.#effectsOf(definition, stimulus, decision) };
  }

  #effectsOf(definition: Definition, stimulus: number, decision: Decision): Effects {
    const merged = merge([decision]);
    const group = this.#groups[definition.group];
    const name = group?.name ?? "";
    const documents = merged.documents.filter((change) => change.write.kind !== "keep").map((change) => {
      const cell = this.#cells.document(change);
      return { cell, number: cell.of(change.write.kind === "put" ? change.write.body : null) };
    });
    const timers = [
      ...merged.cancelledTimers.map((ref) => ({ cell: this.#cells.timer(ref), number: NOTHING })),
      ...merged.timers.map((timer) => {
        const message = this.#messages.know(timer.message, stimulus);
        const cell = this.#cells.timer({ group: timer.group, tenant: timer.message.tenant, routingKey: timer.routingKey, name: timer.name });
        return { cell, number: cell.number(message.digest, () => ({ message })) };
      }),
    ];
    // What nobody handles and nobody counts leaves no trace in a world.
    const messages = merged.messages.map((envelope) => this.#messages.know(envelope, stimulus))
      .filter((message) => message.queues.length > 0 || message.counter !== null);
    const rowFor = (call: NewCall): CallRow => {
      const { state, attempts } = call.begun ?? { state: "due", attempts: 0 };
      return rowOf({ call, stimulus, state, attempts, isCrashed: false });
    };
    const own = (call: NewCall): string => (group?.callsInOrder === false ? ownLineOf(call) : "");
    const calls = [
      ...merged.calls.map((call) => ({ line: this.#cells.line(definition.group, name, call.tenant, call.routingKey, own(call)), row: rowFor(call) })),
      ...merged.unrecorded.map((call) => ({ line: this.#cells.held(definition.group, name, call.tenant, call.routingKey, own(call)), row: rowFor(call) })),
    ];
    const notes = merged.revivals.map(({ tenant, key, on }) => {
      const cell = this.#cells.note(definition.group, name, tenant, key);
      return { cell, number: on ? cell.number(String(stimulus), () => ({ stimulus })) : NOTHING };
    });
    const { answers, sql: statements } = merged;
    const isEmpty = documents.length + timers.length + messages.length + calls.length + answers.length + statements.length + notes.length === 0;
    return { documents, messages, calls, answers, timers, statements, notes, isEmpty };
  }
}

/** A run as text, to compare two of them. */
function textOf(decision: Decision, reads: readonly Read[]): string {
  return JSON.stringify([decision, reads.map(({ cell, number }) => [cell.key, number])]);
}
