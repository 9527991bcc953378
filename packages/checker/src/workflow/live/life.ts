// The life of one run, one thing after the other: messages, ends of calls, timers, workers that are lost, commits that are refused. Everything that is
// decided is decided twice, by a process that keeps runs in memory and by a replay of the journal, and must be the same, byte for byte.
import assert from "node:assert/strict";
import type { AnyService, Envelope } from "@evenkeel/core";
import {
  callRevival, derivedId, documentId, encode, keyRevival, outcomeEnvelope, routesOf, type Decision, type DocumentRef, type DocumentState, type NewCall,
} from "@evenkeel/core/engine";
import type { MadeMessage } from "../../system/stimulus.ts";
import { LIMITS } from "../../system/plan-system.ts";
import { replayed, type LivingProcess, type Moment, type Stored } from "./process.ts";

/** What lives. */
export interface Subject {
  readonly service: AnyService;
  readonly start: MadeMessage;
  /** What comes besides, each once, at any time. */
  readonly arrivals: readonly MadeMessage[];
  /** What a call may come to: the name of its outcome, and its value as JSON. */
  ends(call: NewCall): readonly { readonly name: string; readonly value: string }[];
  /** How often its function was begun so far, here and wherever it was replayed. */
  begun(): number;
  /** What the outside says because a call has come to `ok`. */
  reacts?(call: NewCall): MadeMessage | undefined;
}

/** How often each of these happens at most. */
export interface Faults { readonly takeovers: number; readonly refusals: number; readonly unknowns: number }

export interface Choice { readonly name: string; take(): Promise<void> | void }

const TENANT = "default";
const STEP_MS = 1_000;

export class Life implements Stored {
  readonly #subject: Subject;
  readonly #processes: readonly LivingProcess[];
  readonly #documents = new Map<string, { version: number; body: string | null }>();
  readonly #timers = new Map<string, Envelope>();
  /** Calls with rows, and those that the present owner holds. */
  #calls: readonly { readonly call: NewCall; readonly isHeld: boolean }[] = [];
  #queue: readonly Envelope[] = [];
  #arrivals: readonly MadeMessage[];
  #left: Faults;
  #isToRevive = false;
  #moment: Moment = { now: 1_767_225_600_000, epoch: 1 };
  /** Times a process had decided on a document that was another. */
  conflicts = 0;
  #wasLive = false;

  /** @param processes those that own the run's key one after the other, again and again. */
  constructor(subject: Subject, processes: readonly LivingProcess[], faults: Faults) {
    this.#subject = subject;
    this.#processes = processes;
    this.#arrivals = subject.arrivals;
    this.#left = faults;
    for (const one of processes) one.forget();
    this.#arrive(subject.start);
  }

  read({ entity, tenant, key }: DocumentRef): { readonly version: number; readonly body: string | null } {
    return this.#documents.get(documentId(entity, tenant, key)) ?? { version: 0, body: null };
  }

  /** Whether what was taken since the last question was decided by a function that stood in memory, where the replay began it. */
  tookLive(): boolean {
    const was = this.#wasLive;
    this.#wasLive = false;
    return was;
  }

  /** All that can happen next, in an order that stays. */
  choices(): readonly Choice[] {
    const queue = this.#queue;
    return [
      ...(queue.length === 0 ? [] : [{ name: "handle", take: () => this.#handle(1, true) }]),
      ...(queue.length < 2 ? [] : [{ name: `handle ${String(queue.length)} together`, take: () => this.#handle(queue.length, true) }]),
      ...(queue.length === 0 || this.#left.refusals === 0 ? [] : [{ name: "handle, and the commit is refused", take: () => this.#handle(1, false) }]),
      ...this.#calls.flatMap(({ call, isHeld }, at) => this.#endsOf(call, isHeld, at)),
      ...[...this.#timers.keys()].map((name) => ({ name: `timer ${name}`, take: () => { this.#fire(name); } })),
      ...this.#arrivals.map((message, at) => ({
        name: message.definition.name,
        take: () => {
          this.#arrivals = this.#arrivals.filter((_, index) => index !== at);
          this.#arrive(message);
        },
      })),
      ...(this.#left.takeovers === 0 || !this.#calls.some(({ isHeld }) => isHeld) ? [] : [{ name: "takeover", take: () => { this.#takeOver(); } }]),
    ];
  }

  #endsOf(call: NewCall, isHeld: boolean, at: number): Choice[] {
    const gone = (): void => { this.#calls = this.#calls.filter((_, index) => index !== at); };
    const record = { ...call, sequence: 0, state: "due", attempts: 0, dueInMs: 0, deadlineInMs: call.deadlineMs } as const;
    const { service } = this.#subject;
    const ends = this.#subject.ends(call).map(({ name, value }) => ({
      name: `${call.operation} ${name}`,
      take: () => {
        gone();
        this.#queue = [...this.#queue, outcomeEnvelope(service.name, record, 1, { kind: "value", name, value }, this.#moment.now, "")];
        const reaction = name === "ok" ? this.#subject.reacts?.(call) : undefined;
        if (reaction !== undefined) this.#arrivals = [...this.#arrivals, reaction];
      },
    }));
    if (!isHeld || this.#left.unknowns === 0) return ends;
    return [...ends, {
      name: `${call.operation} unknown`,
      take: () => {
        gone();
        this.#left = { ...this.#left, unknowns: this.#left.unknowns - 1 };
        const progress = { state: "asking", attempts: 0, dueInMs: 0, deadlineInMs: call.deadlineMs } as const;
        this.#queue = [...this.#queue, callRevival(service.name, { ...record, ...progress }, progress, this.#moment.now)];
      },
    }];
  }

  #fire(name: string): void {
    const message = this.#timers.get(name);
    this.#timers.delete(name);
    if (message !== undefined) this.#queue = [...this.#queue, message];
  }

  #arrive({ definition, data }: MadeMessage): void {
    const id = derivedId(`${definition.name} ${JSON.stringify(data)}`);
    const of = { id, tenant: TENANT, causationId: null, correlationId: id, trace: null, occurredAt: this.#moment.now };
    this.#queue = [...this.#queue, encode(definition, data, of, 1, LIMITS)];
  }

  #takeOver(): void {
    this.#left = { ...this.#left, takeovers: this.#left.takeovers - 1 };
    this.#moment = { ...this.#moment, epoch: this.#moment.epoch + 1 };
    const held = this.#calls.find(({ isHeld }) => isHeld);
    this.#calls = this.#calls.filter(({ isHeld }) => !isHeld);
    if (held === undefined || !this.#isToRevive) return;
    const { tenant, routingKey: key, partition } = held.call;
    this.#queue = [...this.#queue, keyRevival(this.#subject.service.name, { tenant, key, partition }, this.#moment.epoch, this.#moment.now)];
  }

  // --- deciding ---------------------------------------------------------------------------------------------------------------------

  async #handle(count: number, commits: boolean): Promise<void> {
    this.#moment = { ...this.#moment, now: this.#moment.now + STEP_MS };
    const messages = this.#queue.slice(0, count);
    const process = this.#processes[this.#moment.epoch % this.#processes.length];
    assert.ok(process !== undefined);
    const before = this.#subject.begun();
    const expected = await this.#expected(messages);
    const between = this.#subject.begun();
    let decisions = await process.decide(messages, this, this.#moment);
    this.#wasLive = between > before && this.#subject.begun() === between;
    if (this.#isStale(decisions)) {
      this.conflicts++;
      process.refused();
      decisions = await process.decide(messages, this, this.#moment);
      assert.ok(!this.#isStale(decisions), "what is decided again rests on what the store has");
    }
    assert.deepEqual(decisions.map(toldOf), expected.map(toldOf));
    if (!commits) {
      this.#left = { ...this.#left, refusals: this.#left.refusals - 1 };
      process.refused();
      return;
    }
    this.#queue = this.#queue.slice(count);
    for (const decision of expected) this.#apply(decision);
  }

  /** Each message as a replay decides it, on what those before it have written. */
  async #expected(messages: readonly Envelope[]): Promise<readonly Decision[]> {
    const written = new Map<string, DocumentState>();
    const decisions: Decision[] = [];
    for (const message of messages) {
      const decision = await replayed(this.#subject.service, message, { stored: this, written, moment: this.#moment });
      decisions.push(decision);
      if (decision.kind !== "changes") break;
      for (const { id, entity, tenant, key, write } of decision.changes.documents) {
        if (write.kind === "keep") continue;
        written.set(id, { version: this.read({ entity, tenant, key }).version + 1, body: write.kind === "put" ? write.body : null });
      }
    }
    return decisions;
  }

  /** Whether the store would refuse the commit: one of its documents is another by now. Within a batch a version rises once. */
  #isStale(decisions: readonly Decision[]): boolean {
    const written = new Set<string>();
    return decisions.some((decision) => decision.kind === "changes" && decision.changes.documents.some(({ id, version, write, ...ref }) => {
      const expected = this.read(ref).version + (written.has(id) ? 1 : 0);
      if (write.kind !== "keep") written.add(id);
      return version !== null && version !== expected;
    }));
  }

  #apply(decision: Decision): void {
    assert.ok(decision.kind === "changes", `A message failed: ${JSON.stringify(decision)}`);
    const { documents, messages, calls, unrecorded = [], timers, cancelledTimers, revivals = [] } = decision.changes;
    for (const { id, write, ...ref } of documents) {
      if (write.kind !== "keep") this.#documents.set(id, { version: this.read(ref).version + 1, body: write.kind === "put" ? write.body : null });
    }
    for (const { name } of cancelledTimers) this.#timers.delete(name);
    for (const { name, message } of timers) this.#timers.set(name, message);
    for (const { on } of revivals) this.#isToRevive = on;
    const handled = new Set(routesOf(this.#subject.service).names);
    this.#queue = [...this.#queue, ...messages.filter(({ name }) => handled.has(name))];
    this.#calls = [...this.#calls, ...calls.map((call) => ({ call, isHeld: false })), ...unrecorded.map((call) => ({ call, isHeld: true }))];
  }
}

/** All that a decision does; which versions it rests on is compared by whoever commits it. */
function toldOf(decision: Decision): string {
  if (decision.kind !== "changes") return JSON.stringify(decision);
  const { documents, ...rest } = decision.changes;
  return JSON.stringify([documents.flatMap(({ id, write }) => (write.kind === "keep" ? [] : [id, write])), rest]);
}
