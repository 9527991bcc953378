// Counterexamples as tests: what is written, what is played of it while the defect is there and once it is mended, and what does not fit. That the
// written file runs under Vitest and on PostgreSQL is shown where the command is tested.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { command, entity, event, port, service, terminal } from "@evenkeel/core";
import { inMemory, replay, type ReplayScript } from "@evenkeel/testkit/replay";
import { z } from "zod";
import { answers, arrival, check, model, replayTest, scenario } from "../index.ts";
import type { Report } from "../report.ts";
import { scriptOf } from "./script-of.ts";

const id = z.object({ id: z.string() });
const Order = command("order", { key: (one) => one.id, data: id });
const Sold = event("sold", { key: (one) => one.id, data: id });
const card = port("card", { charge: { input: id, ok: z.object({}), failures: { declined: z.object({}) } } });
const Seat = entity("seat", { data: z.object({ state: z.enum(["held", "sold", "free"]) }) });

const theatre = (unknown: "is a failure" | "is asked about") => service("theatre", { entities: { seat: Seat }, ports: { card }, emits: [Sold] })
  .on(Order, async ({ id: one }, { seat, call }) => {
    if ((await seat.get(one)) !== undefined) return;
    seat.put(one, { state: "held" });
    call(card.charge, { key: one, input: { id: one } });
  })
  .outcome(card.charge, {
    ok: ({ call }, { seat, emit }) => {
      seat.put(call.key, { state: "sold" });
      emit(Sold({ id: call.key }));
    },
    declined: ({ call }, { seat }) => { seat.put(call.key, { state: "free" }); },
    notPerformed: ({ call }, { seat }) => { seat.put(call.key, { state: "free" }); },
    unknown: ({ call }, { seat, abandon, reconcile }) => {
      if (unknown === "is asked about") return reconcile();
      seat.put(call.key, { state: "free" });
      abandon();
    },
  });

type Theatre = ReturnType<typeof theatre>;
const evening = (play: Theatre) => scenario({
  name: "an evening", system: [play], when: [Order({ id: "a" })], ports: [answers(card, { charge: { ok: {}, declined: {} } })],
  faults: { ports: { "card.charge": ["ok", "unknown-applied"] } },
  eventually: {
    "who paid has the seat": (s) => s.provider["card.charge"].every(({ applied }) => applied === 0) || s.theatre.seat.every(({ state }) => state === "sold"),
  },
});

function scriptFor(report: Report): ReplayScript {
  const script = scriptOf(report);
  assert.ok(script !== null);
  // The types of a script are the testkit's, which plays it.
  return script as ReplayScript;
}

test("a counterexample breaks the same property in a replay, and holds once the defect is mended", async () => {
  const script = scriptFor(await evening(theatre("is a failure")).explore());
  const broken = await replay(script, evening(theatre("is a failure")), inMemory());
  assert.deepEqual(broken.broken, { step: 4, says: "card -> theatre: card.charge a: unknown", property: "who paid has the seat" });
  assert.match(broken.text, /^"who paid has the seat" is broken by step 4: card -> theatre: card\.charge a: unknown\n {3}1 client -> log: order a\n/);
  const mended = await replay(script, evening(theatre("is asked about")), inMemory());
  assert.deepEqual([mended.broken, mended.skipped, mended.settled], [null, [], true], mended.text);
  assert.match(mended.text, /^"who paid has the seat" holds after every step, and holds to the end\.\n/);
});

const Deposit = command("deposit", { key: (one) => one.account, data: z.object({ account: z.string(), transport: z.string(), paid: z.string() }) });
const Account = entity("account", { data: z.object({ total: z.number(), seen: z.array(z.string()) }) });
const bank = (by: "transport" | "paid") => service("bank", { entities: { account: Account } })
  .on(Deposit, async ({ account: one, ...ids }, { account }) => {
    const { total, seen } = (await account.get(one)) ?? { total: 0, seen: [] };
    if (seen.includes(ids[by])) return;
    account.put(one, { total: total + 1, seen: [...seen, ids[by]] });
  });
const once = { "is deposited once": (s: { readonly bank: { readonly account: readonly { readonly total: number }[] } }) => s.bank.account.every(({ total }) => total <= 1) };

test("a message that arrives twice under two transport ids is deposited twice until it is told by what was paid", async () => {
  const day = (by: "transport" | "paid") => scenario({
    name: "a day", system: [bank(by)], invariants: once,
    when: [Deposit({ account: "x", transport: "1", paid: "p" }), Deposit({ account: "x", transport: "2", paid: "p" })],
  });
  const script = scriptFor(await day("transport").explore());
  assert.equal((await replay(script, day("transport"), inMemory())).broken?.step, 4);
  assert.equal((await replay(script, day("paid"), inMemory())).broken, null);
});

test("what arrives again is absorbed by the door as soon as the scenario publishes it under a key, and the step that is no more is named", async () => {
  const forgetful = service("bank", { entities: { account: Account } }).on(Deposit, async ({ account: one }, { account }) => {
    account.put(one, { total: ((await account.get(one))?.total ?? 0) + 1, seen: [] });
  });
  const paid = Deposit({ account: "x", transport: "1", paid: "p" });
  const day = (first: Parameters<typeof arrival>[0] | ReturnType<typeof arrival>) => scenario({ name: "a day", system: [forgetful], faults: { duplicates: 1 }, invariants: once, when: [first] });
  const script = scriptFor(await day(paid).explore());
  assert.equal((await replay(script, day(paid), inMemory())).broken?.step, script.steps.length);
  const keyed = await replay(script, day(arrival(paid, { idempotencyKey: "p" })), inMemory());
  assert.equal(keyed.broken, null);
  assert.deepEqual(keyed.skipped.map(({ why }) => why), ["'bank' has no 'deposit' of the key 'x' to handle"]);
  assert.match(keyed.text, /did not happen: 'bank' has no 'deposit'/);
});

test("a dead letter is one in a replay, too", async () => {
  const strict = (refuses: boolean) => service("bank", {}).on(Deposit, ({ transport }) => { if (refuses && transport === "2") throw terminal("ODD", "odd"); });
  const day = (refuses: boolean) => scenario({
    name: "a day", system: [strict(refuses)], when: [Deposit({ account: "x", transport: "2", paid: "p" })],
    invariants: { "nothing is left behind": (s) => s.deadLetters.length === 0 },
  });
  const script = scriptFor(await day(true).explore());
  assert.equal((await replay(script, day(true), inMemory())).broken?.step, 2);
  assert.equal((await replay(script, day(false), inMemory())).broken, null);
});

test("a property of steps is asked of the steps of the script", async () => {
  const day = (by: "transport" | "paid") => scenario({
    name: "a day", system: [bank(by)], when: [Deposit({ account: "x", transport: "1", paid: "p" }), Deposit({ account: "x", transport: "2", paid: "p" })],
    steps: { "a total stays": (before, after) => before.bank.account.every(({ total }, index) => after.bank.account[index]?.total === total) },
  });
  const script = scriptFor(await day("transport").explore());
  assert.equal((await replay(script, day("transport"), inMemory())).broken?.step, script.steps.length);
  assert.equal((await replay(script, day("paid"), inMemory())).broken, null);
});

test("what a replay asks for by name and does not find is REPLAY_INVALID", async () => {
  const given = scriptFor(await evening(theatre("is a failure")).explore());
  const subject = evening(theatre("is a failure"));
  const other = service("stage", { entities: {} }).on(Order, () => undefined);
  const wrong: readonly (readonly [ReplayScript, Parameters<typeof replay>[1], RegExp])[] = [
    [{ ...given, scenario: "a morning" }, [subject], /scenario 'a morning', and there is none of this name: there is 'an evening'/],
    [{ ...given, property: "all is well" }, subject, /property 'all is well', and the scenario 'an evening' has none of this name: it has 'who paid has the seat'/],
    [given, { ...subject, definition: { ...subject.definition, system: [other] } }, /needs a service 'theatre'/],
    [given, { ...subject, definition: { ...subject.definition, system: [bank("paid")], ports: [] } }, /publishes 'order', and no service/],
    [
      { ...given, steps: given.steps.map((step) => (step.does === "performs" ? { ...step, end: "lost" } : step)) }, subject,
      /lets 'card\.charge' answer 'lost', and the scenario does not say/,
    ],
  ];
  for (const [script, subjects, message] of wrong) await assert.rejects(replay(script, subjects, inMemory()), { code: "REPLAY_INVALID", message });
});

test("the test that is written imports what is exported, and is JavaScript where the check file is", async () => {
  const report = await evening(theatre("is a failure")).explore();
  const typed = replayTest(report, { module: "../theatre.check.ts", name: "evening" }) ?? "";
  assert.match(typed, /^import \{ evening as scenarios \} from "\.\.\/theatre\.check\.ts";$/m);
  assert.match(typed, /^const script: ReplayScript = \{$/m);
  assert.doesNotMatch(typed, /@evenkeel\/checker/);
  const plain = replayTest(report, { module: "./theatre.check.mjs", name: "an evening" }) ?? "";
  assert.match(plain, /^import \{ "an evening" as scenarios \} from "\.\/theatre\.check\.mjs";$/m);
  assert.match(plain, /^const script = \{$/m);
});

test("nothing is written of what holds, of models, and of what threw", async () => {
  const source = { module: "./a.check.ts", name: "a" };
  assert.equal(replayTest(await evening(theatre("is asked about")).explore(), source), null);
  const counter = model({ name: "counter", init: [{ kind: 0 }], actions: { go: (s, next) => { next({ kind: s.kind + 1 }, { kind: "handled" }); } }, invariants: { small: (s) => s.kind < 2 } });
  assert.equal(replayTest(await check(counter), source), null);
  const report = await scenario({ system: [bank("paid")], when: [Deposit({ account: "x", transport: "1", paid: "p" })], invariants: { odd: () => { throw new Error("odd"); } } }).explore();
  assert.deepEqual([report.verdict, replayTest(report, source)], ["error", null]);
});

test("importing a check file loads nothing that explores", () => {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "..");
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const [, target = ""] of readFileSync(path, "utf8").matchAll(/^(?:import|export) (?!type )[^;]*? from "(\.[^"]+)";$/gm)) load(join(dirname(path), target));
  };
  load(join(folder, "index.ts"));
  assert.ok(loaded.has(join(folder, "system", "scenario.ts")) && loaded.has(join(folder, "model", "model-space.ts")));
  assert.deepEqual([...loaded].filter((path) => path.startsWith(join(folder, "explore")) || path.endsWith("system-space.ts")), []);
});
