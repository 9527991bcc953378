// Random exploration of two call runners over one table: partitions are taken over silently, handed over, lost and regained while reads, commits and
// attempts are under way. Then nothing fails any more, and time moves only to where a machine asked to be woken: whatever still waits then was forgotten.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutcomeBody } from "../decide/routes.ts";
import type { CallRecord } from "../message/call.ts";
import { hash128 } from "../message/hash.ts";
import { DEFAULT_BREAKER } from "../resilience/breaker.ts";
import type { CommitResult } from "../spi/store.ts";
import { callPolicy } from "./call-policy.ts";
import type { CallRunnerInput, CallRunnerRequest } from "./call-runner-state.ts";
import { CallBench } from "./testing/call-bench.ts";
import { RowTable } from "./testing/row-table.ts";

const PARTITIONS = [0, 1, 2];
const CALLS = 14;
const PATIENCE_MS = 5_000;
/** No deadline is met: a call may end by its own end only. */
const DEADLINE_MS = 3_600_000;
/** The longest that the last call may take once nothing fails any more: a retry's longest backoff, a given-up probe, an open breaker, and the budget's rate. */
const CALM_MS = 60_000;
const POLICY = {
  ...callPolicy({ backoffMs: 100, maxBackoffMs: 2_000, attempts: 50 }), concurrency: 2,
  breaker: { ...DEFAULT_BREAKER, windowMs: 2_000, buckets: 4, minimumCalls: 3, openMs: 400, probeMs: 1_000 },
  budget: { ratio: 0.1, perSecond: 2, burst: 1 },
};
const OPERATIONS = new Map([["card.charge", POLICY], ["mail.send", POLICY]]);
const FAILURE = { code: "TEST", message: "as the seed wants" };

type Of<K extends CallRunnerRequest["kind"]> = Extract<CallRunnerRequest, { kind: K }>;
type Input<K extends CallRunnerInput["kind"]> = Omit<Extract<CallRunnerInput, { kind: K }>, "nowMs" | "dateMs">;

interface Worker {
  readonly name: string;
  readonly bench: CallBench;
  /** What it holds, as it knows. */
  readonly held: Map<number, { readonly epoch: number; leaving: boolean }>;
  /** A read, or a commit, at most, with its answer once the store has given it. */
  scan: { readonly request: Of<"scan">; answer: Input<"scanned"> | null } | null;
  commit: { readonly request: Of<"commit">; answer: CommitResult | null } | null;
  readonly attempts: Map<number, { readonly asks: boolean; readonly call: CallRecord }>;
  readonly answers: { readonly callId: string; readonly answer: "reconcile" | "abandon" }[];
  wakeAt: number | null;
  patienceAt: number | null;
}

class Handovers {
  readonly #seed: number;
  #draws = 0;
  readonly #table = new RowTable();
  /** Who owns each partition, as the store knows. */
  readonly #owners = new Map<number, { readonly worker: Worker; readonly epoch: number }>();
  /** Who should have it; the first worker, unless told. */
  readonly #wanted = new Map<number, Worker>();
  readonly #workers: readonly Worker[];
  readonly #effects = new Set<string>();
  readonly #heard = new Set<string>();
  readonly seen = { silent: 0, leftOut: 0, released: 0, left: 0, unknown: 0, opened: 0, vain: 0 };
  #inserted = 0;
  #calm = false;

  constructor(seed: number) {
    this.#seed = seed;
    this.#workers = ["a", "b"].map((name): Worker => ({
      name,
      bench: new CallBench({ table: this.#table, settings: { worker: name, operations: OPERATIONS, maxCalls: 6, maxLeft: 6, scanLimit: 3, maxCommit: 3 } }),
      held: new Map(), scan: null, commit: null, attempts: new Map(), answers: [], wakeAt: null, patienceAt: null,
    }));
  }

  run(): void {
    for (let step = 0; step < 260; step++) this.#step();
    this.#calm = true;
    const since = this.#table.nowMs;
    for (let turn = 0; !this.#isOver(); turn++) {
      assert.ok(turn < 5_000, this.#say(`it does not end: ${this.#rest()}`));
      this.#insert();
      if (this.#serve()) continue;
      const next = this.#workers.flatMap(({ wakeAt, patienceAt }) => [wakeAt, patienceAt]).filter((at) => at !== null);
      assert.ok(next.length > 0, this.#say(`nobody looks again: ${this.#rest()}`));
      this.#pass(Math.max(0, Math.min(...next) - this.#table.nowMs));
    }
    const calmMs = this.#table.nowMs - since;
    assert.ok(calmMs < CALM_MS, this.#say(`the last call took ${String(calmMs)} ms of quiet time`));
  }

  #say(what: string): string { return `seed ${String(this.#seed)}: ${what}`; }

  #rest(): string {
    const owners = [...this.#owners].map(([partition, { worker, epoch }]) => `${String(partition)} is ${worker.name}'s in ${String(epoch)}`);
    const rows = [...this.#table.rows.values()].map(({ id, state, partition, dueAt }) => `${id} in ${String(partition)} ${state} due ${String(dueAt)}`);
    return [...rows, ...owners].join("; ");
  }

  #below(limit: number): number { return hash128(`${String(this.#seed)}/${String(this.#draws++)}`)[0] % limit; }

  #chance(percent: number): boolean { return !this.#calm && this.#below(100) < percent; }

  #any(): Worker { return this.#workers[this.#below(2)] ?? assert.fail(); }

  #isOver(): boolean { return this.#inserted === CALLS && this.#table.rows.size === 0 && this.#unheard().length === 0; }

  #step(): void {
    const turn = this.#below(100);
    if (turn < 6) return this.#insert();
    if (turn < 14) return this.#overtake();
    if (turn < 18) return this.#assign();
    if (turn < 28) return this.#looks();
    if (turn < 36) return this.#pass(this.#below(400));
    if (turn < 46) return this.#handle();
    const worker = this.#any();
    if (turn < 60) return void this.#scan(worker);
    if (turn < 74) return void this.#commit(worker);
    if (turn < 80) return void this.#tell(worker);
    void this.#attempt(worker);
  }

  /** Whatever is under way comes to its end, one thing at a time. False: nothing is. */
  #serve(): boolean {
    this.#looks();
    this.#handle();
    return this.#workers.map((worker) => [this.#scan(worker), this.#commit(worker), this.#attempt(worker), this.#tell(worker)].includes(true)).includes(true);
  }

  #feed(worker: Worker, input: Parameters<CallBench["feed"]>[0]): void {
    const { bench } = worker;
    bench.feed(input);
    for (const { untilMs } of bench.take("wait")) worker.wakeAt = untilMs;
    for (const { callId, ticket } of bench.take("abort")) {
      worker.attempts.delete(ticket);
      if (this.#chance(50)) this.#effects.add(callId);
    }
    for (const request of bench.take("perform")) worker.attempts.set(request.ticket, { asks: false, call: request.call });
    for (const request of bench.take("ask")) worker.attempts.set(request.ticket, { asks: true, call: request.call });
    for (const request of bench.take("scan")) worker.scan = { request, answer: null };
    for (const request of bench.take("commit")) worker.commit = { request, answer: null };
    for (const { change } of bench.take("breaker")) if (change === "opened") this.seen.opened++;
    for (const { fences } of bench.take("release")) this.#released(worker, fences);
    for (const { partitions } of bench.take("forfeit")) this.#drop(worker, partitions);
    if (bench.state.left.count > 0) this.seen.left++;
  }

  // --- ownership ---------------------------------------------------------------------------------------------------------------

  #isOwner(worker: Worker, partition: number, epoch: number): boolean {
    const owner = this.#owners.get(partition);
    return owner?.worker === worker && owner.epoch === epoch;
  }

  #take(worker: Worker, partition: number): void {
    for (const { epoch } of this.#table.acquire([partition])) {
      this.#owners.set(partition, { worker, epoch });
      worker.held.set(partition, { epoch, leaving: false });
      this.#feed(worker, { kind: "granted", fences: [{ partition, epoch }] });
    }
  }

  #drop(worker: Worker, partitions: readonly number[]): void {
    const gone = partitions.filter((partition) => worker.held.delete(partition));
    if (gone.length > 0) this.#feed(worker, { kind: "lost", partitions: gone });
  }

  #released(worker: Worker, fences: readonly { readonly partition: number; readonly epoch: number }[]): void {
    for (const { partition, epoch } of fences) {
      if (worker.held.get(partition)?.epoch !== epoch) continue;
      worker.held.delete(partition);
      this.seen.released++;
      if (this.#isOwner(worker, partition, epoch)) this.#owners.delete(partition);
    }
  }

  /** A rival takes a partition of one that is late; nobody tells it. */
  #overtake(): void {
    const partition = this.#below(PARTITIONS.length);
    const owner = this.#owners.get(partition)?.worker;
    const rival = this.#workers.find((worker) => worker !== owner && !worker.held.has(partition));
    if (owner === undefined || rival === undefined) return;
    this.seen.silent++;
    this.#take(rival, partition);
  }

  /** Another is to have a partition from now on. */
  #assign(): void {
    this.#wanted.set(this.#below(PARTITIONS.length), this.#any());
  }

  #leave(worker: Worker, partition: number): void {
    const lease = worker.held.get(partition);
    if (lease === undefined || lease.leaving) return;
    lease.leaving = true;
    worker.patienceAt = this.#table.nowMs + PATIENCE_MS;
    this.#feed(worker, { kind: "leave", partitions: [partition] });
  }

  /** What the roster tells: what is not ours any more is dropped, what another should have is left to it, what we should have and is free is taken. */
  #looks(): void {
    for (const worker of this.#below(2) === 0 ? this.#workers : [...this.#workers].reverse()) {
      this.#drop(worker, [...worker.held].filter(([partition, { epoch }]) => !this.#isOwner(worker, partition, epoch)).map(([partition]) => partition));
      for (const partition of PARTITIONS) {
        if ((this.#wanted.get(partition) ?? this.#workers[0]) !== worker) {
          if (worker.held.has(partition)) this.#leave(worker, partition);
          else if (this.#owners.get(partition)?.worker === worker) this.#owners.delete(partition);
          continue;
        }
        const owner = this.#owners.get(partition)?.worker;
        if (!worker.held.has(partition) && (owner === undefined || owner === worker) && !this.#chance(30)) this.#take(worker, partition);
      }
    }
  }

  // --- requests ----------------------------------------------------------------------------------------------------------------

  /** The owner's handlers request a call; its process tells its runner. */
  #insert(): void {
    const partition = this.#inserted % PARTITIONS.length;
    const owner = this.#owners.get(partition);
    if (owner === undefined || !this.#isOwner(owner.worker, partition, owner.worker.held.get(partition)?.epoch ?? 0) || this.#inserted >= CALLS) return;
    const index = this.#inserted++;
    this.#table.insert({
      id: `call-${String(index)}`, partition, routingKey: `key-${String(index % 6)}`, deadlineMs: DEADLINE_MS,
      operation: index % 4 === 3 ? "mail.send" : "card.charge",
    });
    this.#feed(owner.worker, { kind: "wake" });
  }

  #scan(worker: Worker): boolean {
    const { scan } = worker;
    if (scan === null) return false;
    if (scan.answer === null) {
      const { partitions, epochs, limit } = scan.request;
      const ours = partitions.filter((partition) => epochs.some((fence) => fence.partition === partition && this.#isOwner(worker, partition, fence.epoch)));
      if (ours.length < partitions.length) this.seen.leftOut++;
      const all = this.#table.read({ ...scan.request, partitions: ours });
      const calls = all.length > 1 && this.#chance(30) ? all.slice(0, 1) : all;
      scan.answer = { kind: "scanned", calls, more: calls.length < all.length || all.length >= limit };
      return true;
    }
    worker.scan = null;
    this.#feed(worker, this.#chance(10) ? { kind: "scanFailed" } : scan.answer);
    return true;
  }

  #commit(worker: Worker): boolean {
    const { commit } = worker;
    if (commit === null) return false;
    if (commit.answer === null) {
      const { changes } = commit.request;
      const ours = changes.fences.every(({ partition, epoch }) => this.#isOwner(worker, partition, epoch));
      commit.answer = this.#chance(5) ? { kind: "inDoubt", reason: "before" } : ours ? this.#table.commit(changes) : { kind: "fenced" };
      if (!ours) this.seen.vain++;
      if (this.#chance(5)) commit.answer = { kind: "inDoubt", reason: "after" };
      return true;
    }
    worker.commit = null;
    this.#feed(worker, { kind: "committed", commit: commit.request.commit, result: commit.answer });
    return true;
  }

  #attempt(worker: Worker): boolean {
    const all = [...worker.attempts];
    const [ticket, attempt] = all[this.#below(Math.max(1, all.length))] ?? [];
    if (ticket === undefined || attempt === undefined) return false;
    worker.attempts.delete(ticket);
    const { call, asks } = attempt;
    const callId = call.id;
    if (asks) {
      const said = this.#chance(60) ? { kind: "unknown", failure: FAILURE } as const
        : this.#effects.has(callId) ? { kind: "ok", value: "1" } as const : { kind: "absent" } as const;
      this.#feed(worker, { kind: "asked", callId, ticket, result: said });
      return true;
    }
    const fails = this.#chance(40);
    if (!fails) this.#effects.add(callId);
    const result = fails ? { kind: "notPerformed", failure: FAILURE, afterMs: null } as const
      : this.#chance(50) ? { kind: "unknown", failure: FAILURE } as const : { kind: "ok", value: "1" } as const;
    this.#feed(worker, { kind: "performed", callId, ticket, result });
    return true;
  }

  #unheard(): { readonly id: string; readonly body: OutcomeBody }[] {
    const outcomes = this.#table.outcomes.map(({ id, body }) => ({ id, body: JSON.parse(body) as OutcomeBody }));
    return outcomes.filter(({ id, body }) => body.kind === "unknown" && !this.#heard.has(id));
  }

  /** The owner's handler answers in a commit of its own; its process tells its runner later, or, in doubt, takes the partition anew. */
  #handle(): void {
    for (const { id, body } of this.#unheard()) {
      const callId = body.call.id;
      const partition = this.#table.rows.get(callId)?.partition ?? 0;
      const owner = this.#owners.get(partition);
      if (owner === undefined || owner.worker.held.get(partition)?.epoch !== owner.epoch || owner.worker.held.get(partition)?.leaving === true) continue;
      this.#heard.add(id);
      this.seen.unknown++;
      const answer = this.#below(8) === 0 ? "abandon" : "reconcile";
      this.#table.answer(callId, answer);
      if (this.#chance(15)) this.#drop(owner.worker, [partition]);
      else owner.worker.answers.push({ callId, answer });
      return;
    }
  }

  #tell(worker: Worker): boolean {
    const next = worker.answers.shift();
    if (next !== undefined) this.#feed(worker, { kind: "answered", ...next });
    return next !== undefined;
  }

  #pass(ms: number): void {
    this.#table.nowMs += ms;
    for (const worker of this.#workers) {
      if (worker.wakeAt !== null && worker.wakeAt <= this.#table.nowMs) {
        worker.wakeAt = null;
        this.#feed(worker, { kind: "tick" });
      }
      if (worker.patienceAt !== null && worker.patienceAt <= this.#table.nowMs) {
        worker.patienceAt = null;
        this.#feed(worker, { kind: "expire" });
      }
    }
  }
}

test("whatever becomes of partitions, once nothing fails any more each call ends by what the machines themselves asked for", () => {
  const total = { silent: 0, leftOut: 0, released: 0, left: 0, unknown: 0, opened: 0, vain: 0 };
  for (let seed = 1; seed <= 150; seed++) {
    const handovers = new Handovers(seed);
    handovers.run();
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += handovers.seen[name];
  }
  // What was not met was not tested.
  for (const [name, count] of Object.entries(total)) assert.ok(count > 50, `${name} came up ${String(count)} times`);
});
