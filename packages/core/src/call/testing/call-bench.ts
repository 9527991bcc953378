// Drives the call runner machine one input at a time over a row table, and beside it the same machine in place, as its driver has it: both
// must come to the same. Reads and commits are performed by `settle`; attempts and whatever
// else the machine requests wait for the test.
import type { OperationSpec } from "../../decide/operation-spec.ts";
import { port } from "../../decide/port.ts";
import type { CallAnswer, NewCall } from "../../message/call.ts";
import type { OutcomeBody } from "../../decide/routes.ts";
import type { CommitResult } from "../../spi/store.ts";
import type { AskResult, PerformResult } from "../../spi/world.ts";
import { callPolicy, type CallPolicy } from "../call-policy.ts";
import { callRunner, callRunnerInPlace } from "../call-runner.ts";
import { newCallRunner, type CallRunnerInput, type CallRunnerRequest, type CallRunnerSettings, type CallRunnerStep } from "../call-runner-state.ts";
import { judge } from "../resolution.ts";
import { RowTable } from "./row-table.ts";

type Kind = CallRunnerRequest["kind"];
type Of<K extends Kind> = Extract<CallRunnerRequest, { kind: K }>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

interface Options {
  readonly table?: RowTable;
  readonly policy?: Partial<CallPolicy>;
  readonly settings?: Partial<CallRunnerSettings>;
}

export class CallBench {
  readonly table: RowTable;
  readonly settings: CallRunnerSettings;
  requests: CallRunnerRequest[] = [];
  state;
  #inPlace;

  constructor(options: Options = {}) {
    this.table = options.table ?? new RowTable();
    this.settings = {
      group: "payments", worker: "w", maxCalls: 100, maxLeft: 1_000, maxCommit: 500, scanLimit: 100, inOrder: true,
      operations: new Map([["card.charge", { ...callPolicy({ backoffMs: 100, attempts: 3 }), ...options.policy }]]), ...options.settings,
    };
    this.state = newCallRunner(this.settings);
    this.#inPlace = newCallRunner(this.settings);
  }

  feed(input: DistributiveOmit<CallRunnerInput, "nowMs" | "dateMs">): void {
    const { nowMs } = this.table;
    const given = { ...input, nowMs, dateMs: 1_700_000_000_000 + nowMs };
    // Simulations of thousands of calls would spend their time on the comparison: they step as the driver does.
    if (this.settings.maxCalls > 1_000) {
      const alone = callRunnerInPlace(this.state, given);
      this.state = alone.state;
      this.requests.push(...alone.requests);
      return;
    }
    const step = callRunner(this.state, given);
    this.state = step.state;
    const inPlace = callRunnerInPlace(this.#inPlace, given);
    this.#inPlace = inPlace.state;
    const [expected, found] = [textOf(step), textOf(inPlace)];
    if (expected !== found) throw new Error(`a step in place comes to something else after '${input.kind}': ${found} instead of ${expected}`);
    this.requests.push(...step.requests);
  }

  /** Takes the partitions and reads them. */
  own(...partitions: number[]): void {
    this.feed({ kind: "granted", fences: this.table.acquire(partitions) });
    this.settle();
  }

  insert(...calls: (Partial<NewCall> & { readonly id: string })[]): void {
    for (const call of calls) this.table.insert(call);
    this.feed({ kind: "wake" });
    this.settle();
  }

  /** Takes the requests of one kind off the list. */
  take<K extends Kind>(kind: K): Of<K>[] {
    const taken = this.requests.filter((request): request is Of<K> => request.kind === kind);
    this.requests = this.requests.filter((request) => request.kind !== kind);
    return taken;
  }

  /** Performs reads and commits until there are none. */
  settle(): void {
    for (;;) {
      const scan = this.take("scan")[0];
      this.readControls();
      const commit = this.take("commit")[0];
      if (scan !== undefined) this.feed({ kind: "scanned", calls: this.table.read(scan) });
      if (commit !== undefined) this.feed({ kind: "committed", commit: commit.commit, result: this.table.commit(commit.changes) });
      if (scan === undefined && commit === undefined) return;
    }
  }

  /** Performs the requested reads of operators' requests, judged by the definitions. */
  readControls(): void {
    for (const { partitions } of this.take("readControls")) this.feed({ kind: "controls", controls: this.judged(partitions) });
  }

  judged(partitions: readonly number[]): Extract<CallRunnerInput, { kind: "controls" }>["controls"] {
    return this.table.readControls(partitions).map((one) => ({ ...one, verdict: judge(one, CARD.charge, LIMITS) }));
  }

  /** Ends the next commit in this way, without performing it. */
  failCommit(result: CommitResult): void {
    const commit = this.take("commit")[0];
    if (commit === undefined) throw new Error("no commit was requested");
    this.feed({ kind: "committed", commit: commit.commit, result });
  }

  /** Moves the clock to the requested look, or by some milliseconds. */
  pass(ms?: number): void {
    const until = this.take("wait").at(-1)?.untilMs;
    const target = ms === undefined ? until : this.table.nowMs + ms;
    if (target === undefined) throw new Error("no look was requested");
    this.table.nowMs = Math.max(this.table.nowMs, target);
    this.feed({ kind: "tick" });
    this.settle();
  }

  /** The ids of the calls being performed or asked for since the last look, as "perform a" or "ask a". */
  begun(): string[] {
    const kinds = this.requests.filter((request): request is Of<"perform" | "ask"> => request.kind === "perform" || request.kind === "ask");
    return kinds.map((request) => `${request.kind} ${request.call.id}`);
  }

  end(id: string, result: PerformResult): void {
    this.endLater(id, result);
    this.settle();
  }

  endAsk(id: string, result: AskResult): void {
    const request = this.#pull("ask", id);
    this.feed({ kind: "asked", callId: id, ticket: request.ticket, result });
    this.settle();
  }

  /** Ends an attempt without performing the commit that follows. Returns what was requested of the world. */
  endLater(id: string, result: PerformResult): Of<"perform"> {
    const request = this.#pull("perform", id);
    this.feed({ kind: "performed", callId: id, ticket: request.ticket, result });
    return request;
  }

  answer(id: string, answer: CallAnswer["answer"]): void {
    this.table.answer(id, answer);
    this.feed({ kind: "answered", callId: id, answer });
    this.settle();
  }

  #pull<K extends "perform" | "ask">(kind: K, id: string): Of<K> {
    const found = this.requests.find((request): request is Of<K> => request.kind === kind && "call" in request && request.call.id === id);
    if (found === undefined) throw new Error(`'${kind} ${id}' was not requested; what is: ${this.begun().join(", ")}`);
    this.requests = this.requests.filter((request) => request !== found);
    return found;
  }

  isAsking(id: string, ticket: number): boolean {
    const live = this.state.calls.get(id);
    return live?.status === "asking" && live.ticket === ticket;
  }

  /** The outcomes so far, as "id kind". */
  outcomes(): string[] {
    return this.table.outcomes.map((envelope) => {
      const body = JSON.parse(envelope.body) as OutcomeBody;
      return `${body.call.id} ${body.kind}`;
    });
  }

  /** A row as "state attempts". */
  row(id: string): string | null {
    const row = this.table.rows.get(id);
    return row === undefined ? null : `${row.state} ${String(row.attempts)}`;
  }
}

function textOf(step: CallRunnerStep): string {
  return JSON.stringify(step, (_key, value: unknown) => {
    const entries: unknown = value instanceof Map || value instanceof Set ? Array.from<unknown>(value) : value;
    return entries === Infinity ? "Infinity" : entries;
  });
}

const anything: OperationSpec["input"] = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
const CARD = port("card", { charge: { input: anything, ok: anything, failures: { declined: anything } } });
const LIMITS = { maxBodyLength: 100_000, onLargeBody: () => undefined };

export const OK: PerformResult & AskResult = { kind: "ok", value: `{"chargeId":"ch-1"}` };
export const DECLINED: PerformResult & AskResult = { kind: "failure", name: "declined", value: `{"reason":"limit"}` };
export const UNKNOWN: PerformResult & AskResult = { kind: "unknown", failure: { code: "CALL_TIMEOUT", message: "no answer" } };
export const NOT_PERFORMED: Extract<PerformResult, { kind: "notPerformed" }> = {
  kind: "notPerformed", failure: { code: "CALL_NOT_PERFORMED", message: "refused" }, afterMs: null,
};
