// Random exploration of the executor machine against an oracle store that knows every message: reads, decides and commits end late and in any
// order, in every way a commit can end, while partitions are lost, regained, handed over and suspected, keys are parked and operators
// act. The oracle judges every commit as it happens; calm at the end must drain everything. Failures name the seed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Envelope } from "../message/envelope.ts";
import type { BatchItem } from "../decide/batch.ts";
import type { Decision } from "../message/changes.ts";
import type { Commit, CommitResult, Handover } from "../spi/store.ts";
import { takeBatch } from "./executor-batch.ts";
import { executor } from "./executor.ts";
import { keyId, newExecutor, type ExecutorInput, type ExecutorRequest, type ExecutorState, type Owned } from "./executor-state.ts";
import { KEYS, OracleStore, SETTINGS } from "./testing/executor-oracle.ts";
import { messageOf } from "./testing/toy-message.ts";

type Input = ExecutorInput extends infer I ? I extends ExecutorInput ? Omit<I, "nowMs"> : never : never;

/** A request under way: what it does to the store, at most once, and what is then told to the machine. */
interface Pending {
  /** Does its work in the store and returns the answer; null when it was done before. */
  act: (() => Input) | null;
  answer: Input | null;
  /** Once that was told. */
  readonly then?: () => void;
}

class Exploration {
  readonly seed: number;
  readonly store: OracleStore;
  readonly seen = { joined: 0, apart: 0, commits: 0, conflicts: 0, fenced: 0, inDoubt: 0, refused: 0, rejected: 0, marks: 0, controls: 0, deaths: 0, steps: 0 };
  state: ExecutorState = newExecutor(SETTINGS);
  #draws: number;
  #calm = false;
  #drained = false;
  #pending: Pending[] = [];
  /** What ownership believes this process holds. */
  #held = new Map<number, number>();
  #wakeAt: number | null = null;
  /** What the runner has offered: one offer at a time. */
  #offer: { readonly id: number; readonly ends: Commit; answered: boolean } | null = null;
  #offers = 0;
  /** Whether it ends by draining, as a worker that is told to stop. */
  readonly #drain: boolean;

  constructor(seed: number) {
    this.seed = seed;
    this.#draws = Math.imul(seed, 0x9e3779b1) >>> 0;
    this.store = new OracleStore(2 + this.below(2), (what) => `seed ${String(seed)}: ${what}`);
    this.#drain = this.chance(10);
  }

  run(): void {
    for (let step = 0; step < 130; step++) this.#step();
    if (this.#drain) {
      this.#feed({ kind: "drain" });
      for (let step = 0; step < 3_000 && !this.#drained; step++) this.#calmStep();
      assert.ok(this.#drained, this.say("a draining machine did not end"));
      assert.equal(this.#held.size, 0, this.say("a drained machine still holds partitions"));
      this.state = newExecutor(SETTINGS);
      assert.ok(this.#offer?.answered !== false, this.say("a drained machine left an offer without an answer"));
      this.#offer = null;
      this.#pending = [];
      this.#drained = false;
    }
    this.#calm = true;
    for (let step = 0; step < 6_000 && !this.#isOver(); step++) this.#calmStep();
    assert.ok(this.#isOver(), this.say(`it does not drain: ${this.store.pending()}; under way: ${this.#pending.map((one) => one.answer?.kind ?? "an act").join()}`));
    this.store.judgeEnd();
    this.#judgeParked();
  }

  say(what: string): string {
    return `seed ${String(this.seed)}: ${what}`;
  }

  below(limit: number): number {
    // Ettinger's mulberry32, which is in the public domain.
    this.#draws = (this.#draws + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#draws ^ (this.#draws >>> 15), this.#draws | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return !this.#calm && this.below(100) < percent;
  }

  #isOver(): boolean {
    return this.#pending.length === 0 && this.store.isDone();
  }

  // --- steps ------------------------------------------------------------------------------------------------------------------

  #step(): void {
    this.seen.steps++;
    const turn = this.below(100);
    if (turn < 14) return this.#append();
    if (turn < 17) return this.#acquire();
    if (this.chance(2)) return this.#takeover();
    if (this.chance(2)) return this.#leave();
    if (this.chance(1)) return this.#die();
    if (this.chance(3)) return this.#operate();
    if (this.chance(8)) return this.#end();
    if (turn < 25) return this.#time(this.below(60));
    this.#progressOne();
  }

  #calmStep(): void {
    if (this.#pending.length > 0) return this.#progressOne();
    if (this.state.phase === "running") {
      this.store.heal();
      if (this.#held.size < this.store.partitions) return this.#acquire();
      if (this.store.calls.rows().length > 0) return this.#end();
      if (this.store.hasDead() || this.store.hasControls()) return this.#operate();
      this.#feed({ kind: "wake", partitions: null });
    }
    this.#time(200);
  }

  #append(): void {
    const handover = this.store.append(this.below(1_000_000));
    const way = this.below(8);
    // Handed over at once, or as late as one likes and in any order; or only told of; or not even that.
    if (way < 3) this.#feed({ kind: "handed", handovers: [handover] });
    else if (way === 3) this.#pending.push({ act: null, answer: { kind: "handed", handovers: [handover] } });
    else if (way < 7) this.#feed({ kind: "wake", partitions: this.below(3) === 0 ? null : [handover.partition] });
  }

  #acquire(): void {
    const free = this.store.free().filter((partition) => !this.#held.has(partition));
    if (free.length === 0 || this.#drained) return;
    const grants = this.store.acquire(free.slice(0, 1 + this.below(free.length)));
    for (const grant of grants) this.#held.set(grant.partition, grant.epoch);
    this.#feed({ kind: "granted", grants });
  }

  /** Another process takes a partition over, handles some of it, and may leave it again. This one hears of it late, or before from a fence. */
  #takeover(): void {
    const partition = this.below(this.store.partitions);
    this.store.takenByAnother(partition, (limit) => this.below(limit));
    this.#pending.push({ act: null, answer: { kind: "lost", partitions: [partition] } });
  }

  #leave(): void {
    const partition = [...this.#held.keys()][this.below(this.#held.size + 1)];
    if (partition !== undefined) this.#feed({ kind: "leave", partitions: [partition] });
  }

  /** The process dies, and one like it begins: nothing of it is left but the store. */
  #die(): void {
    this.seen.deaths++;
    // A commit on its way may still arrive, and is judged like any other.
    for (const one of this.#pending) if (this.chance(30)) one.act?.();
    this.#pending = [];
    this.store.die();
    this.#held = new Map();
    this.#wakeAt = null;
    this.#offer = null;
    this.state = newExecutor(SETTINGS);
  }

  /** The runner ends calls: new ones, which may be decided at once, and those that it has tried to end before. */
  #end(): void {
    if (this.#offer !== null || this.#held.size === 0 || this.#drained) return;
    const direct = new Set<string>();
    for (let more = this.#calm ? 0 : 1 + this.below(3); more > 0; more--) {
      const index = this.below(KEYS);
      if (this.store.calls.rows().every((row) => row.key !== `key-${String(index)}`)) direct.add(this.store.calls.request(index % this.store.partitions, `key-${String(index)}`));
    }
    const rows = this.store.calls.rows().filter((row) => this.#held.has(row.partition));
    if (rows.length === 0) return;
    const fences = [...new Set(rows.map((row) => row.partition))].map((partition) => ({ partition, epoch: this.#held.get(partition) ?? 0 }));
    const ends: Commit = {
      group: "toy", worker: "me", fences, callUpdates: rows.map((row) => this.store.calls.update(row)), progress: [], documents: [], messages: [], calls: [],
      timers: [], cancelledTimers: [], firedTimers: [], sql: [], park: [], unpark: [], retries: [],
    };
    this.#offer = { id: ++this.#offers, ends, answered: false };
    this.#feed({ kind: "join", join: { id: this.#offer.id, fences, updates: ends.callUpdates, direct, unrecorded: new Set() } });
  }

  /** Nobody took them along: the runner commits them by itself. */
  #apart(ends: Commit): void {
    this.seen.apart++;
    let handovers: readonly Handover[] = [];
    const act = (): Input => {
      const result = this.store.commit(ends);
      if (result.kind === "committed") ({ handovers } = result);
      return { kind: "wake", partitions: [] };
    };
    this.#pending.push({ act, answer: null, then: () => { this.#handOver(handovers); this.#offer = null; } });
  }

  #handOver(handovers: readonly Handover[]): void {
    if (handovers.length > 0) this.#feed({ kind: "handed", handovers: handovers.map((one) => ({ ...one, to: one.messages.at(-1)?.position ?? 0 })) });
  }

  #operate(): void {
    if (this.#held.size === 0 || this.#drained) return;
    this.store.request((limit) => this.below(limit), this.#calm);
    this.seen.controls++;
    this.#feed({ kind: "control" });
  }

  #time(ms: number): void {
    this.store.nowMs += ms;
    if (this.#wakeAt !== null && this.#wakeAt <= this.store.nowMs) {
      this.#wakeAt = null;
      this.#feed({ kind: "wake", partitions: [] });
    }
  }

  /** One request does its work or is answered. */
  #progressOne(): void {
    const index = this.below(this.#pending.length);
    const one = this.#pending[index];
    if (one === undefined) return this.#time(5);
    if (one.act !== null) {
      one.answer = one.act();
      one.act = null;
      if (this.below(2) === 0 && !this.#calm) return;
    }
    this.#pending = this.#pending.filter((other) => other !== one);
    // What a commit appended is handed over before its end is told.
    if (one.answer?.kind === "committed" && one.answer.result.kind === "committed") this.#handOver(one.answer.result.handovers);
    if (one.answer !== null) this.#feed(one.answer);
    one.then?.();
  }

  // --- the machine and its requests -----------------------------------------------------------------------------------------

  #feed(input: Input): void {
    if (input.kind === "lost") for (const partition of input.partitions) this.#held.delete(partition);
    const inputs: Input[] = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      this.#wakeAt = null;
      const step = executor(this.state, { ...next, nowMs: this.store.nowMs });
      this.state = step.state;
      for (const request of step.requests) inputs.push(...this.#perform(request));
    }
    this.#judgeState();
  }

  /** Notes what a request will do; returns inputs that follow at once. */
  #perform(request: ExecutorRequest): Input[] {
    switch (request.kind) {
      case "read": {
        const { cursors, epochs, limit } = request;
        this.#later(() => this.chance(3) ? { kind: "readFailed", cursors } : { kind: "read", result: this.store.read(cursors, limit), cursors, epochs, limit });
        return [];
      }
      case "readParked":
        this.#later(() => {
          const { keys, limit } = request;
          return this.chance(3) ? { kind: "parkedRead", messages: [], keys: [], limit } : { kind: "parkedRead", messages: this.store.readParked(keys, limit), keys, limit };
        });
        return [];
      case "mark":
        this.seen.marks++;
        this.#later(() => ({ kind: "marked", batch: request.batch, result: this.chance(5) ? "failed" : this.store.mark(request.fence, request.position) }));
        return [];
      case "decide":
        this.#later(() => {
          if (this.chance(3)) return { kind: "decideFailed", batch: request.batch };
          return { kind: "decided", batch: request.batch, decisions: this.#decide([...request.items, ...request.outcomes.map(itemOf)]), blind: this.chance(5) };
        });
        return [];
      case "applyControls":
        this.#later(() => ({ kind: "controlled", fences: request.fences, keys: this.chance(5) ? [] : this.store.applyControls(request.fences) }));
        return [];
      case "commit":
        this.#pending.push(this.#commitOf(request.batch, request.commit));
        return [];
      case "forfeit":
        for (const partition of request.partitions) this.#held.delete(partition);
        return [{ kind: "lost", partitions: request.partitions }];
      case "release":
        for (const { partition, epoch } of request.fences) {
          this.store.release(partition, epoch);
          if (this.#held.get(partition) === epoch) this.#held.delete(partition);
        }
        return [];
      case "wait":
        this.#wakeAt = request.untilMs;
        return [];
      case "drained":
        this.#drained = true;
        return [];
      case "joinEnded": {
        const offer = this.#offer;
        if (offer?.id !== request.join || offer.answered) return assert.fail(this.say("an offer was answered that was not made, or twice"));
        offer.answered = true;
        if (request.result === null) this.#apart(offer.ends);
        else this.#offer = null;
        if (request.result?.kind === "committed") this.seen.joined++;
        return [];
      }
      case "parked":
      case "losing":
        return [];
    }
  }

  #later(act: () => Input): void {
    this.#pending.push({ act, answer: null });
  }

  #decide(items: readonly BatchItem[]): Decision[] {
    const failed = new Set<string>();
    return items.map(({ message, plan }): Decision => {
      const id = keyId(message.tenant, message.key);
      if (plan.kind === "queue" || failed.has(id)) return { kind: "queued" };
      const chance = this.below(100);
      const failure = plan.kind === "fail" ? plan.failure
        : this.#calm || chance >= 12 ? null
        : { code: "TEST", message: "planned", retry: chance < 2 ? "never" as const : chance < 4 ? "now" as const : "later" as const, afterMs: null };
      if (failure === null) return { kind: "changes", changes: message.position === 0 ? this.store.calls.effectOf(message) : this.store.effectOf(message) };
      failed.add(id);
      return { kind: "failed", failure };
    });
  }

  #commitOf(batch: number, commit: Commit): Pending {
    const answer = (result: CommitResult): Input => ({ kind: "committed", batch, result });
    const inDoubt: CommitResult = { kind: "inDoubt", reason: "planned" };
    const chance = this.#calm ? 100 : this.below(100);
    if (chance < 6) return { act: () => this.#told(answer({ kind: "conflict" })), answer: null };
    if (chance < 8) return { act: () => this.#told(answer({ kind: "rerun" })), answer: null };
    if (chance < 10) return { act: () => this.#told(answer(inDoubt)), answer: null };
    if (chance < 13) return { act: () => { this.store.commit(commit); return this.#told(answer(inDoubt)); }, answer: null };
    if (chance < 15) {
      // The answer is in doubt now; the commit reaches the store later, and is fenced if its owner was renewed meanwhile.
      this.#pending.push({ act: () => { this.store.commit(commit); return { kind: "wake", partitions: [] }; }, answer: null });
      return { act: () => this.#told(answer(inDoubt)), answer: null };
    }
    return { act: () => this.#told(answer(this.store.commit(commit))), answer: null };
  }

  #told(input: Input): Input {
    if (input.kind !== "committed") return input;
    switch (input.result.kind) {
      case "committed": this.seen.commits++; break;
      case "conflict": case "rerun": this.seen.conflicts++; break;
      case "fenced": this.seen.fenced++; break;
      case "inDoubt": this.seen.inDoubt++; break;
      case "refused": this.seen.refused++; break;
      case "rejected": this.seen.rejected++; break;
    }
    return input;
  }

  // --- judging ------------------------------------------------------------------------------------------------------------------

  #judgeState(): void {
    for (const held of this.state.owned.values()) {
      if (held.committed > held.assigned || held.assigned > held.read) assert.fail(this.say(`partition ${String(held.partition)}: not committed <= assigned <= read`));
    }
  }

  /** With nothing under way, the machine's parked keys are those of the store. */
  #judgeParked(): void {
    const mine = [...this.state.parked.values()].map((key) => `${key.key}:${String(key.count)}`).sort();
    const stored = this.store.parkedCounts([...this.state.owned.keys()]).sort();
    assert.deepEqual(mine, stored, this.say("the parked keys of the machine are not those of the store"));
  }
}

/** An outcome that is decided with its call has no position. */
function itemOf(outcome: Envelope): BatchItem {
  return { message: { ...outcome, position: 0 }, plan: { kind: "run" } };
}

const RUNS = 2_000;

test("whatever fails, and whenever: each message takes effect once, in the order of its key, and everything drains", (t) => {
  const first = Number(process.env["EVENKEEL_SEED"] ?? "1");
  const totals: Record<string, number> = {};
  for (let run = 0; run < RUNS; run++) {
    const exploration = new Exploration((first + run) >>> 0);
    exploration.run();
    for (const [name, count] of Object.entries(exploration.seen)) totals[name] = (totals[name] ?? 0) + count;
  }
  t.diagnostic(JSON.stringify(totals));
  for (const [name, count] of Object.entries(totals)) assert.ok(count > RUNS / 10, `the exploration met too few ${name}: ${String(count)}`);
});

test("a message behind suspect ones of its partition waits for them, also when another partition's stands first", () => {
  const owned = (partition: number, suspectUntil: number): [number, Owned] =>
    [partition, { partition, epoch: 1, committed: 0, assigned: 0, read: 3, leaving: false, suspectUntil, suspectPending: false }];
  const place = (position: number, partition: number, key: string) => messageOf({ position, partition, key });
  const queue = [place(1, 0, "a"), place(2, 1, "b"), place(3, 1, "b")];
  const taken = takeBatch({ ...newExecutor(SETTINGS), owned: new Map([owned(0, 0), owned(1, 2)]), queue });
  assert.deepEqual(taken?.batch.items.map((item) => item.message.position), [1], "only what is not suspect, and nothing that stands behind what is");
  assert.deepEqual(taken?.state.queue.map((message) => message.position), [2, 3]);
});
