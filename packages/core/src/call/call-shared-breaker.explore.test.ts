// Three workers that share a breaker, at random: answers of the store that come late or get lost before or after it acted, looks that are old,
// partitions that go and come, a provider that fails at times, operators who reset. Nobody probes while another's claim holds, and when all is
// well again every call comes to its end. A failing seed is in the name of the assertion; the same seed takes the same steps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { breakerRows, changeBreaker, resetBreaker } from "../memory/memory-breakers.ts";
import { emptyState, type Memory } from "../memory/memory-state.ts";
import { hash128 } from "../message/hash.ts";
import { DEFAULT_BREAKER } from "../resilience/breaker.ts";
import type { BreakerChanged, BreakerRow } from "../spi/breakers.ts";
import { callPolicy } from "./call-policy.ts";
import { CallBench, NOT_PERFORMED, OK, UNKNOWN } from "./testing/call-bench.ts";
import { manualHost } from "./testing/manual-host.ts";

const OPERATION = "card.charge";
const CALLS = 30;
const SEEDS = 60;
const BREAKER = { ...DEFAULT_BREAKER, windowMs: 2_000, minimumCalls: 3, openMs: 400, probeMs: 1_000, shared: true };
const POLICY = { ...callPolicy({ backoffMs: 20, maxBackoffMs: 100, attempts: 10_000, concurrency: 3, budget: false }), breaker: BREAKER };

interface UnderWay { readonly worker: number; readonly callId: string; readonly ticket: number; readonly asks: boolean; readonly heldUntil: number }
interface Late { readonly worker: number; readonly answer: () => BreakerChanged | null }

class Exploration {
  readonly #seed: number;
  #draws = 0;
  #now = 1_000;
  #isUp = true;
  #calm = false;
  #inserted = 0;
  readonly #memory: Memory = { state: emptyState(), host: { ...manualHost(), elapsed: () => this.#now }, statements: {} };
  readonly #benches = [0, 1, 2].map((index) => new CallBench({ settings: { worker: `w${String(index)}`, operations: new Map([[OPERATION, POLICY]]) } }));
  readonly #answered = [0, 0, 0];
  #underWay: UnderWay[] = [];
  #late: Late[] = [];
  #oldLook: readonly BreakerRow[] = [];
  readonly seen = { claimed: 0, lost: 0, late: 0, resets: 0, away: 0, releases: 0, closed: 0, old: 0 };

  constructor(seed: number) {
    this.#seed = seed;
    for (const bench of this.#benches) bench.own(0);
  }

  run(): void {
    for (let step = 0; step < 600; step++) this.#step(this.#below(100));
    this.#calm = true;
    this.#isUp = true;
    this.#finish();
    // A claim whose answer got lost, and that no call waits for, stays until there is a call.
    for (const worker of [0, 1, 2]) this.#insert(worker);
    this.#finish();
    assert.equal(breakerRows(this.#memory)[0]?.phase ?? "closed", "closed", `seed ${String(this.#seed)}`);
  }

  #finish(): void {
    for (let step = 0; step < 5_000 && !(step > 200 && this.#isOver()); step++) this.#step(step % 2 === 0 ? 20 : 50 + step % 30);
    assert.ok(this.#isOver(), `seed ${String(this.#seed)}: calls have no end`);
  }

  #below(limit: number): number {
    return hash128(`${String(this.#seed)}/${String(this.#draws++)}`)[0] % limit;
  }

  #isOver(): boolean {
    return this.#late.length === 0 && this.#underWay.length === 0 && this.#benches.every(({ table }) => table.rows.size === 0);
  }

  #step(choice: number): void {
    const worker = this.#below(3);
    if (this.#calm) this.#deliver();
    if (choice < 15) this.#insert(worker);
    else if (choice < 45) this.#pass(choice < 35 ? 20 : 200);
    else if (choice < 70) this.#end();
    else if (choice < 85) this.#look(worker);
    else if (choice < 92) this.#deliver();
    else if (choice < 95) this.#isUp = !this.#isUp;
    else if (choice < 98) this.#move(worker);
    else this.#reset();
    for (const index of this.#benches.keys()) this.#serve(index);
  }

  #insert(worker: number): void {
    if (this.#calm || this.#inserted < CALLS) this.#benches[worker]?.insert({ id: `c${String(this.#inserted++)}`, deadlineMs: 36_000_000 });
  }

  #pass(ms: number): void {
    this.#now += ms;
    for (const bench of this.#benches) bench.table.nowMs = this.#now;
    for (const bench of this.#benches) bench.feed({ kind: "tick" });
  }

  #end(): void {
    const one = this.#underWay[this.#below(Math.max(1, this.#underWay.length))];
    const bench = this.#benches[one?.worker ?? -1];
    if (one === undefined || bench === undefined) return;
    this.#underWay = this.#underWay.filter((other) => other !== one);
    const { callId, ticket } = one;
    if (one.asks) bench.feed({ kind: "asked", callId, ticket, result: this.#isUp ? OK : UNKNOWN });
    else bench.feed({ kind: "performed", callId, ticket, result: this.#isUp ? OK : NOT_PERFORMED });
  }

  #look(worker: number): void {
    const isOld = !this.#calm && this.#below(4) === 0;
    if (isOld) this.seen.old++;
    this.#benches[worker]?.feed({ kind: "breakers", rows: isOld ? this.#oldLook : breakerRows(this.#memory) });
    if (this.#below(3) === 0) this.#oldLook = breakerRows(this.#memory);
  }

  #deliver(): void {
    const late = this.#late.shift();
    if (late !== undefined) this.#benches[late.worker]?.feed({ kind: "shared", operation: OPERATION, result: late.answer() });
  }

  /** The partition goes and comes back: its probe, if there is one, is taken back. */
  #move(worker: number): void {
    const bench = this.#benches[worker];
    bench?.feed({ kind: "lost", partitions: [0] });
    bench?.own(0);
  }

  #reset(): void {
    if (resetBreaker(this.#memory, { operation: OPERATION, actor: "ann", note: "" }) === null) return;
    this.seen.resets++;
    // What an operator lets go may go beside a probe that is void now.
    this.#underWay = this.#underWay.map((one) => ({ ...one, heldUntil: 0 }));
  }

  #serve(worker: number): void {
    const bench = this.#benches[worker];
    if (bench === undefined) return;
    bench.settle();
    this.#answer(worker, bench);
    for (const { change } of bench.take("share")) {
      if (change.kind === "release") this.seen.releases++;
      const act = (): BreakerChanged => changeBreaker(this.#memory, change);
      const how = this.#calm ? 0 : this.#below(10);
      if (how < 6) bench.feed({ kind: "shared", operation: OPERATION, result: act() });
      else if (how < 8) this.#answerLate(worker, how === 6 ? act : this.#acted(act()));
      else this.#lose(bench, how === 8 ? act : null);
    }
    this.seen.closed += bench.take("breaker").filter(({ change }) => change === "closed").length;
    this.seen.away += bench.take("breakerStore").filter(({ away }) => away).length;
    for (const { ticket } of bench.take("abort")) this.#underWay = this.#underWay.filter((one) => one.worker !== worker || one.ticket !== ticket);
    for (const request of [...bench.take("perform"), ...bench.take("ask")]) this.#begin(worker, bench, request.call.id, request.ticket, request.kind === "ask");
  }

  #answerLate(worker: number, answer: () => BreakerChanged): void {
    this.seen.late++;
    this.#late.push({ worker, answer });
  }

  #acted(result: BreakerChanged): () => BreakerChanged {
    return () => result;
  }

  #lose(bench: CallBench, act: (() => BreakerChanged) | null): void {
    this.seen.lost++;
    act?.();
    bench.feed({ kind: "shared", operation: OPERATION, result: null });
  }

  #begin(worker: number, bench: CallBench, callId: string, ticket: number, asks: boolean): void {
    const load = bench.state.operations.get(OPERATION);
    const claimed = load?.shared?.attached === true && load.breaker?.phase === "halfOpen";
    if (claimed) {
      this.seen.claimed++;
      const other = this.#underWay.find(({ heldUntil }) => heldUntil > this.#now);
      assert.equal(other, undefined, `seed ${String(this.#seed)}: two probes at ${String(this.#now)}`);
    }
    this.#underWay.push({ worker, callId, ticket, asks, heldUntil: claimed ? load.breaker?.until ?? 0 : 0 });
  }

  /** Handlers answer what is not known with a question. */
  #answer(worker: number, bench: CallBench): void {
    const { outcomes } = bench.table;
    for (let index = this.#answered[worker] ?? 0; index < outcomes.length; index++) {
      const body = outcomes[index]?.body ?? "";
      const id = /"id":"(c\d+)"/.exec(body)?.[1];
      if (id !== undefined && body.includes(`"kind":"unknown"`)) bench.answer(id, "reconcile");
    }
    this.#answered[worker] = outcomes.length;
  }
}

test("at random, nobody probes while another's claim holds, and every call comes to its end", () => {
  const total = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const one = new Exploration(seed);
    one.run();
    for (const [name, count] of Object.entries(one.seen)) total.set(name, (total.get(name) ?? 0) + count);
  }
  for (const [name, count] of total) assert.ok(count >= SEEDS / 5, `'${name}' was seen too seldom: ${String(count)}`);
});
