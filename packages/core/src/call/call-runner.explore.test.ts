// Random exploration of the call runner machine: an oracle provider that knows every effect, a handler that answers, a clock, lost and
// regained partitions, commits of every end, an operator who acts on what needs attention, and crashes (the machine thrown away and rebuilt
// from rows). A failing seed is in the name of the assertion; the same seed takes the same steps.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutcomeBody } from "../decide/routes.ts";
import type { CallRecord } from "../message/call.ts";
import { hash128 } from "../message/hash.ts";
import { callPolicy } from "./call-policy.ts";
import { DEFAULT_BREAKER } from "../resilience/breaker.ts";
import type { CommitResult } from "../spi/store.ts";
import type { AskResult, PerformResult } from "../spi/world.ts";
import { CallBench } from "./testing/call-bench.ts";

const CALLS = 12;
const PARTITIONS = [0, 1];
// Small numbers, so that a dozen calls open the breaker and spend the budget.
const POLICY = {
  concurrency: 3,
  breaker: { ...DEFAULT_BREAKER, windowMs: 2_000, buckets: 4, minimumCalls: 3, openMs: 400, probeMs: 1_000 },
  budget: { ratio: 0.1, perSecond: 2, burst: 1 },
};

/** Both have the same troubles; every third call is of the second, and shares its routing key with calls of the first. */
const OPERATIONS = new Map([
  ["card.charge", { ...callPolicy({ backoffMs: 100, attempts: 3 }), ...POLICY }],
  ["mail.send", { ...callPolicy({ backoffMs: 100, attempts: 3 }), ...POLICY }],
]);
const nameOf = (index: number): string => index % 3 === 2 ? "mail.send" : "card.charge";

/** Operators act on the few calls whose deadline has passed with their end unknown. */
const RARE: ReadonlyMap<string, number> = new Map([["retried", 100], ["resolved", 15], ["abandoned", 40], ["tooLate", 3]]);

class Exploration {
  readonly #seed: number;
  #draws = 0;
  #bench = new CallBench({ settings: { operations: OPERATIONS, maxCalls: 6, maxLeft: 8, scanLimit: 3, maxCommit: 4 } });
  /** What the provider did, by business key: an idempotent provider decides once. */
  readonly #decided = new Map<string, "charged" | "declined">();
  readonly #order: string[] = [];
  readonly #underWay = new Map<number, CallRecord>();
  readonly #abandoned = new Set<string>();
  readonly #heard = new Set<string>();
  #inserted = 0;
  #calm = false;
  readonly seen = {
    crashes: 0, unknown: 0, answers: 0, forfeits: 0, attempts: 0, opened: 0, probes: 0, heldBack: 0, retried: 0, resolved: 0, abandoned: 0, tooLate: 0, left: 0,
  };
  /** By operation: the probes of the present time half open that are still under way. */
  readonly #probes = new Map<string, { readonly era: number; readonly count: number }>();

  constructor(seed: number) {
    this.#seed = seed;
    this.#own();
  }

  run(): void {
    for (let step = 0; step < 400; step++) this.#step();
    this.#calm = true;
    for (let step = 0; step < 5_000 && !this.#isOver(); step++) this.#step();
    this.#judge();
  }

  #say(what: string): string {
    return `seed ${String(this.#seed)}: ${what}`;
  }

  #below(limit: number): number {
    return hash128(`${String(this.#seed)}/${String(this.#draws++)}`)[0] % limit;
  }

  #chance(percent: number): boolean {
    return !this.#calm && this.#below(100) < percent;
  }

  #isOver(): boolean {
    const { rows, controls } = this.#bench.table;
    const open = [...controls.values()].some(({ end }) => end === null);
    return this.#inserted === CALLS && rows.size === 0 && !open && this.#unheard().length === 0;
  }

  #own(): void {
    this.#bench.feed({ kind: "granted", fences: this.#bench.table.acquire(PARTITIONS) });
  }

  #step(): void {
    this.#begin();
    const turn = this.#below(100);
    if (this.#inserted < CALLS && turn < 15) return this.#insert();
    if (this.#chance(2)) return this.#crash();
    if (this.#chance(2)) return this.#changeHands();
    if (turn < 40) return this.#performCommit();
    if (turn < 55) return this.#performScan();
    if (turn < 80) return this.#endAttempt();
    if (turn < 90) return this.#answer();
    if (turn < 94) return this.#operate();
    this.#bench.table.nowMs += this.#below(this.#calm ? 20_000 : 300);
    this.#bench.feed({ kind: "tick" });
  }

  #insert(): void {
    const index = this.#inserted++;
    const key = `key-${String(index % 4)}`;
    this.#bench.table.insert({
      id: `call-${String(index)}`, routingKey: key, partition: index % PARTITIONS.length, callKey: `${key}/${String(index)}`,
      deadlineMs: index % 2 === 0 ? 1_000 : 60_000, operation: nameOf(index),
    });
    this.#bench.feed({ kind: "wake" });
  }

  #crash(): void {
    this.seen.crashes++;
    for (const call of this.#underWay.values()) this.#perhapsHappens(call);
    this.#underWay.clear();
    this.#bench = new CallBench({ table: this.#bench.table, settings: this.#bench.settings });
    this.#own();
  }

  #changeHands(): void {
    if (this.#below(2) === 0) this.#bench.feed({ kind: "lost", partitions: PARTITIONS });
    this.#own();
  }

  /** Attempts that the machine requested begin at once: the order of one routing key is judged here. */
  #begin(): void {
    const aborted = new Set(this.#bench.take("abort").map(({ ticket }) => ticket));
    for (const ticket of aborted) {
      const call = this.#underWay.get(ticket);
      if (call !== undefined) this.#perhapsHappens(call);
      this.#underWay.delete(ticket);
    }
    this.seen.opened += this.#bench.take("breaker").filter(({ change }) => change === "opened").length;
    const requested = [...this.#bench.take("perform"), ...this.#bench.take("ask")];
    const begun = requested.filter(({ ticket }) => !aborted.has(ticket));
    for (const operation of OPERATIONS.keys()) this.#judgeBreaker(operation, begun.filter(({ call }) => call.operation === operation).length);
    if (this.#bench.state.left.count > 0) this.seen.left++;
    assert.ok(this.#bench.state.left.count <= 8 + 3, this.#say("more is known of calls left than may be"));
    for (const { call, ticket } of begun) {
      this.seen.attempts++;
      const rows = this.#bench.table.rows;
      assert.equal(call.callKey, rows.get(call.id)?.callKey ?? call.callKey, this.#say("one call, one business key"));
      const older = [...rows.values()].filter((row) => row.routingKey === call.routingKey && row.sequence < call.sequence);
      assert.deepEqual(older.map((row) => row.id), [], this.#say(`${call.id} began before an older call of its key had ended`));
      const beside = [...this.#underWay.values()].filter((other) => other.routingKey === call.routingKey);
      assert.deepEqual(beside.map((other) => other.id), [], this.#say(`${call.id} began beside another of its key`));
      this.#underWay.set(ticket, call);
      const together = [...this.#underWay.values()].filter(({ operation }) => operation === call.operation);
      assert.ok(together.length <= 3, this.#say("more attempts under way than the operation's concurrency"));
    }
  }

  /** After each step: nothing has begun through an open breaker, and one probe at most through one that is half open. */
  #judgeBreaker(operation: string, begun: number): void {
    const load = this.#bench.state.operations.get(operation);
    if (load === undefined || load.breaker === null) return;
    const { phase, era } = load.breaker;
    if (phase === "open") assert.equal(begun, 0, this.#say("an attempt began through an open breaker"));
    const before = this.#probes.get(operation);
    // Given up, its place is another's.
    const count = phase !== "halfOpen" ? 0 : begun + (before?.era === era ? before.count : 0);
    this.#probes.set(operation, { era, count });
    if (phase === "halfOpen") this.seen.probes += begun;
    assert.ok(count <= 1, this.#say("two probes at once"));
    const waits = load.ready !== null || load.retries !== null;
    if (waits && phase !== "closed") this.seen.heldBack++;
    // Whatever waits for breaker or budget has a look coming, or an attempt whose end brings one.
    if (waits && load.active === 0) assert.notEqual(this.#bench.state.lookAt, null, this.#say("ready calls wait for nothing"));
  }

  #happens(call: CallRecord): "charged" | "declined" {
    const before = this.#decided.get(call.callKey);
    if (before !== undefined) return before;
    const now = hash128(call.callKey)[0] % 5 === 0 ? "declined" : "charged";
    this.#decided.set(call.callKey, now);
    this.#order.push(call.id);
    return now;
  }

  #perhapsHappens(call: CallRecord): void {
    if (this.#below(2) === 0) this.#happens(call);
  }

  #endAttempt(): void {
    const attempts = [...this.#underWay];
    const [ticket, call] = attempts[this.#below(Math.max(1, attempts.length))] ?? [];
    if (ticket === undefined || call === undefined) return;
    this.#underWay.delete(ticket);
    const asked = this.#bench.isAsking(call.id, ticket)
      || this.#bench.state.orphans.get(call.id)?.status === "asking";
    if (asked) this.#bench.feed({ kind: "asked", callId: call.id, ticket, result: this.#ask(call) });
    else this.#bench.feed({ kind: "performed", callId: call.id, ticket, result: this.#perform(call) });
  }

  #perform(call: CallRecord): PerformResult {
    const failure = { code: "TEST", message: "as the seed wants" };
    const turn = this.#below(100);
    if (this.#chance(60) && turn < 50) return { kind: "notPerformed", failure, afterMs: turn < 10 ? 500 : null };
    if (this.#chance(50)) {
      this.#perhapsHappens(call);
      return { kind: "unknown", failure };
    }
    return this.#known(this.#happens(call));
  }

  #ask(call: CallRecord): AskResult {
    if (this.#chance(40)) return { kind: "unknown", failure: { code: "TEST", message: "the provider does not know" } };
    const decided = this.#decided.get(call.callKey);
    return decided === undefined ? { kind: "absent" } : this.#known(decided);
  }

  #known(decided: "charged" | "declined"): PerformResult & AskResult {
    return decided === "charged" ? { kind: "ok", value: "1" } : { kind: "failure", name: "declined", value: "1" };
  }

  /** A person asks for something about a call in need, or the owner hears of it, or its read of the requests comes back. */
  #operate(): void {
    const { table } = this.#bench;
    const read = this.#bench.take("readControls")[0];
    if (read !== undefined) {
      const controls = this.#bench.judged(read.partitions);
      if (this.#chance(20)) this.#changeHands();
      return this.#chance(10) ? this.#bench.feed({ kind: "controlsFailed" }) : this.#bench.feed({ kind: "controls", controls });
    }
    const open = new Set([...table.controls.values()].filter(({ end }) => end === null).map(({ callId }) => callId));
    const needy = [...table.rows.values()].find((row) => row.state === "attention" && !open.has(row.id));
    if (needy !== undefined && this.#below(2) === 0) {
      const decided = this.#decided.get(needy.callKey);
      const turn = this.#below(4);
      // What a person says must be true: where nothing is known, the provider is asked.
      if (turn === 0) table.ask(needy.id, { action: "abandon" });
      else if (turn < 3 || decided === undefined) table.ask(needy.id, { action: "retry" });
      else table.ask(needy.id, { action: "resolve", outcome: { name: decided === "charged" ? "ok" : "declined", value: "1" } });
    }
    this.#bench.feed({ kind: "control" });
  }

  #performScan(): void {
    const scan = this.#bench.take("scan")[0];
    if (scan === undefined) return;
    if (this.#chance(10)) this.#bench.feed({ kind: "scanFailed" });
    else {
      const all = this.#bench.table.read(scan);
      // Long inputs end a read before its limit; one call at least is always read.
      const cut = all.length > 1 && this.#chance(30);
      const calls = cut ? all.slice(0, 1 + Math.floor(all.length / 2)) : all;
      const more = calls.length < all.length || all.length >= scan.limit;
      // An answer may be committed between the read and its arrival.
      if (this.#chance(30)) this.#answer();
      this.#bench.feed({ kind: "scanned", calls, more });
    }
  }

  #performCommit(): void {
    const commit = this.#bench.take("commit")[0];
    if (commit === undefined) return;
    const result = this.#commit(commit.changes);
    if (this.#chance(20)) this.#answer();
    this.#bench.feed({ kind: "committed", commit: commit.commit, result });
    for (const { partitions } of this.#bench.take("forfeit")) {
      this.seen.forfeits++;
      if (this.#below(2) === 0) this.#bench.feed({ kind: "lost", partitions });
      this.#bench.feed({ kind: "granted", fences: this.#bench.table.acquire(partitions) });
    }
  }

  #commit(changes: Parameters<CallBench["table"]["commit"]>[0]): CommitResult {
    const { table } = this.#bench;
    if (this.#chance(5)) return { kind: "rerun" };
    if (this.#chance(5)) return { kind: "inDoubt", reason: "before" };
    const result = table.commit(changes);
    return this.#chance(5) ? { kind: "inDoubt", reason: "after" } : result;
  }

  #unheard(): { readonly id: string; readonly callId: string }[] {
    return this.#bench.table.outcomes.map((outcome) => ({ id: outcome.id, body: JSON.parse(outcome.body) as OutcomeBody }))
      .filter(({ id, body }) => body.kind === "unknown" && !this.#heard.has(id)).map(({ id, body }) => ({ id, callId: body.call.id }));
  }

  /** The handler of an `unknown` outcome runs once for each, in its own commit. */
  #answer(): void {
    const next = this.#unheard()[0];
    if (next === undefined) return;
    this.#heard.add(next.id);
    this.seen.answers++;
    const answer = this.#below(8) === 0 ? "abandon" : "reconcile";
    // An operator may have ended it before its handler spoke.
    if (answer === "abandon" && this.#bench.table.rows.has(next.callId)) this.#abandoned.add(next.callId);
    this.#bench.table.answer(next.callId, answer);
    this.#bench.feed({ kind: "answered", callId: next.callId, answer });
  }

  #judge(): void {
    const { table } = this.#bench;
    assert.ok(this.#isOver(), this.#say(`still waiting: ${[...table.rows.values()].map((row) => `${row.id} ${row.state}`).join(", ")}`));
    assert.equal(new Set(table.outcomes.map((outcome) => outcome.id)).size, table.outcomes.length, this.#say("two outcomes share an id"));
    for (const { callId, action, end } of table.controls.values()) {
      if (end === null) continue;
      if (end !== "done") this.seen.tooLate++;
      else if (action === "retry") this.seen.retried++;
      else if (action === "resolve") this.seen.resolved++;
      else {
        this.seen.abandoned++;
        this.#abandoned.add(callId);
      }
    }
    for (let index = 0; index < CALLS; index++) {
      const id = `call-${String(index)}`;
      const bodies = table.outcomes.map((outcome) => JSON.parse(outcome.body) as OutcomeBody);
      const kinds = bodies.filter((body) => body.call.id === id).map((body) => body.kind);
      const definitive = kinds.filter((kind) => kind !== "unknown");
      this.seen.unknown += kinds.length - definitive.length;
      const decided = this.#decided.get(`key-${String(index % 4)}/${String(index)}`);
      const open = table.rows.has(id) || this.#abandoned.has(id);
      assert.equal(definitive.length, open ? 0 : 1, this.#say(`${id} has the outcomes ${kinds.join(", ")}`));
      if (open) continue;
      const truth = decided === "charged" ? "ok" : decided ?? "notPerformed";
      assert.equal(definitive[0], truth, this.#say(`${id} was told ${kinds.join(", ")}`));
    }
    for (const key of [0, 1, 2, 3]) {
      const effects = this.#order.map((id) => Number(id.slice(5))).filter((index) => index % 4 === key);
      assert.deepEqual(effects, [...effects].sort((a, b) => a - b), this.#say(`the effects of key ${String(key)} came out of order`));
    }
  }
}

test("under crashes, lost ownership, commits in doubt, unknown outcomes and an opening breaker and operators that act each call keeps its key, its order and one true outcome", () => {
  const total = {
    crashes: 0, unknown: 0, answers: 0, forfeits: 0, attempts: 0, opened: 0, probes: 0, heldBack: 0, retried: 0, resolved: 0, abandoned: 0, tooLate: 0, left: 0,
  };
  for (let seed = 1; seed <= 150; seed++) {
    const exploration = new Exploration(seed);
    exploration.run();
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += exploration.seen[name];
  }
  // What was not met was not tested.
  for (const [name, count] of Object.entries(total)) assert.ok(count > (RARE.get(name) ?? 150), `${name} came up ${String(count)} times`);
});
