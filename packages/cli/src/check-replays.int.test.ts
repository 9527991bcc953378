// `evenkeel check --replays` and what comes of it: the tests that it writes fail under Vitest in memory and on PostgreSQL, with the property and the
// step, as long as the services are wrong, and pass without a change once those are mended.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runCommand } from "./run-command.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Four services, each wrong in one way; a line with both ways of it says which is right. */
const SERVICES = `import { command, entity, event, port, service, terminal } from "@evenkeel/core";
import { z } from "zod";

const id = z.object({ id: z.string() });
const byId = (one: { readonly id: string }): string => one.id;

export const Book = command("book", { key: byId, data: id });
export const card = port("card", { charge: { input: id, ok: z.object({}), failures: { declined: z.object({}) } } });
export const theatre = service("theatre", { entities: { seat: entity("seat", { data: z.object({ state: z.enum(["held", "sold", "free"]) }) }) }, ports: { card } })
  .on(Book, async ({ id: one }, { seat, call }) => {
    if ((await seat.get(one)) !== undefined) return;
    seat.put(one, { state: "held" });
    call(card.charge, { key: one, input: { id: one } });
  })
  .outcome(card.charge, {
    ok: ({ call }, { seat }) => { seat.put(call.key, { state: "sold" }); },
    declined: ({ call }, { seat }) => { seat.put(call.key, { state: "free" }); },
    notPerformed: ({ call }, { seat }) => { seat.put(call.key, { state: "free" }); },
    unknown: ({ call }, { seat, abandon, reconcile }) => {
      if (MENDED) return reconcile();
      seat.put(call.key, { state: "free" });
      abandon();
    },
  });

export const Order = command("order", { key: byId, data: id });
const Declined = event("declined", { key: byId, data: id });
const till = port("till", { take: { input: id, ok: z.object({}), failures: { refused: z.object({}) } } });
export { till };
export const shop = service("shop", { entities: { stock: entity("stock", { data: z.object({ reserved: z.boolean() }) }) }, ports: { till }, emits: [Declined] })
  .on(Order, ({ id: one }, { stock, call }) => {
    stock.put(one, { reserved: true });
    call(till.take, { key: one, input: { id: one } });
  })
  .on(Declined, ({ id: one }, { stock }) => { if (MENDED) stock.put(one, { reserved: false }); })
  .outcome(till.take, {
    ok: () => undefined,
    refused: ({ call }, { emit }) => { emit(Declined({ id: call.key })); },
    notPerformed: ({ call }, { emit }) => { emit(Declined({ id: call.key })); },
    unknown: (_call, { reconcile }) => { reconcile(); },
  });

export const Deposit = command("deposit", { key: byId, data: z.object({ id: z.string(), transport: z.string(), payment: z.string() }) });
export const bank = service("bank", { entities: { account: entity("account", { data: z.object({ total: z.number(), seen: z.array(z.string()) }) }) } })
  .on(Deposit, async ({ id: one, transport, payment }, { account }) => {
    const { total, seen } = (await account.get(one)) ?? { total: 0, seen: [] };
    const told = MENDED ? payment : transport;
    if (!seen.includes(told)) account.put(one, { total: total + 1, seen: [...seen, told] });
  });

export const Rent = command("rent", { key: byId, data: id });
export const Return = command("return", { key: byId, data: id });
const Remind = command("remind", { key: byId, data: id });
export const library = service("library", { entities: { loan: entity("loan", { data: z.object({ reminded: z.boolean() }) }) }, emits: [Remind] })
  .on(Rent, ({ id: one }, { loan, schedule }) => {
    loan.put(one, { reminded: false });
    schedule(Remind({ id: one }), { afterMs: 1_209_600_000, name: "remind" });
  })
  .on(Return, ({ id: one }, { loan }) => { loan.delete(one); })
  .on(Remind, async ({ id: one }, { loan }) => {
    if ((await loan.get(one)) === undefined) {
      if (MENDED) return;
      throw terminal("NO_LOAN", "there is nothing to be reminded of");
    }
    loan.put(one, { reminded: true });
  });
`;

const CHECKS = `import { answers, scenario } from "@evenkeel/checker";
import { bank, Book, card, Deposit, library, Order, Rent, Return, shop, theatre, till } from "./services.ts";

export const evening = scenario({
  name: "an evening", system: [theatre], when: [Book({ id: "a" })], ports: [answers(card, { charge: { ok: {}, declined: {} } })],
  faults: { crashes: 1, ports: { "card.charge": ["ok", "declined", "unknown-applied", "late-applied"] } },
  invariants: {
    "who is turned away has not paid": (s) => s.theatre.seat.every((seat) =>
      seat.state !== "free" || s.provider["card.charge"].every((charge) => charge.key !== seat.key || charge.applied === 0)),
  },
});
export const sale = [
  scenario({
    name: "nobody is refused", system: [shop], when: [Order({ id: "a" })], ports: [answers(till, { take: { ok: {}, refused: {} } })],
    sometimes: { "is reserved": (s) => s.shop.stock.some(({ reserved }) => reserved) },
  }),
  scenario({
    name: "some are refused", system: [shop], when: [Order({ id: "a" }), Order({ id: "b" })], ports: [answers(till, { take: { ok: {}, refused: {} } })],
    faults: { ports: { "till.take": ["ok", "refused"] } },
    eventually: {
      "nothing is kept for nobody": (s) => s.shop.stock.every((one) => !one.reserved || s.provider["till.take"].some((taken) => taken.key === one.key && taken.applied === 1)),
    },
  }),
];
export default scenario({
  name: "a day at the bank", system: [bank], invariants: { "is deposited once": (s) => s.bank.account.every(({ total }) => total === 1) },
  when: [Deposit({ id: "x", transport: "1", payment: "p" }), Deposit({ id: "x", transport: "2", payment: "p" })],
});
export const loans = scenario({
  name: "loans", system: [library], when: [Rent({ id: "a" }), Return({ id: "a" })],
  invariants: { "nothing is left behind": (s) => s.deadLetters.length === 0 },
});
`;

const PROPERTIES = ["is deposited once", "nothing is kept for nobody", "nothing is left behind", "who is turned away has not paid"];
const PLACES = ["in memory", "on PostgreSQL"];

/** The sources instead of what was built, as in every test here. */
const CONFIG = `const resolve = { conditions: ["evenkeel-source", "module", "node", "development|production"], externalConditions: ["evenkeel-source"] };
export default { resolve: { conditions: resolve.conditions }, ssr: { resolve } };
`;

interface Told { readonly title: string; readonly status: string; readonly failureMessages: readonly string[] }

async function vitest(folder: string): Promise<readonly Told[]> {
  const report = join(folder, "report.json");
  const ran = await promisify(execFile)(process.execPath, [join(modules, "vitest", "vitest.mjs"), "run", "--reporter=json", `--outputFile=${report}`, "--maxWorkers=1"], {
    cwd: folder, env: { ...process.env, EVENKEEL_DATABASE_URL: url, NODE_OPTIONS: "" },
  }).catch((error: unknown) => error);
  let text = "";
  try {
    text = readFileSync(report, "utf8");
  } catch {
    assert.fail(`Vitest has reported nothing: ${JSON.stringify(ran)}`);
  }
  const { testResults } = JSON.parse(text) as { readonly testResults: readonly { readonly message: string; readonly assertionResults: readonly Told[] }[] };
  const told = testResults.flatMap(({ assertionResults }) => assertionResults);
  assert.equal(told.length, PROPERTIES.length * PLACES.length, JSON.stringify(testResults));
  return [...told].sort((a, b) => (a.title < b.title ? -1 : 1));
}

function project(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "check-replays-"));
  t.after(() => { rmSync(folder, { recursive: true }); });
  symlinkSync(modules, join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  writeFileSync(join(folder, "vitest.config.js"), CONFIG);
  writeFileSync(join(folder, "all.check.ts"), CHECKS);
  return folder;
}

test("replays fail under Vitest in memory and on PostgreSQL until the services are mended, and then pass", { timeout: 280_000 }, async (t) => {
  const folder = project(t);
  writeFileSync(join(folder, "services.ts"), SERVICES.replaceAll("MENDED", "false"));
  let out = "";
  const code = await runCommand(["check", "--replays", "replays"], { out: (text) => { out += text; }, err: () => undefined, env: {}, folder });
  assert.equal(code, 1, out);
  assert.deepEqual(readdirSync(join(folder, "replays")).sort(), [
    "all-default-is-deposited-once.test.ts", "all-evening-who-is-turned-away-has-not-paid.test.ts", "all-loans-nothing-is-left-behind.test.ts",
    "all-sale-nothing-is-kept-for-nobody.test.ts",
  ]);

  const broken = await vitest(folder);
  assert.deepEqual(broken.map(({ title, status }) => [title, status]), PROPERTIES.flatMap((property) => PLACES.map((place) => [`${property}, ${place}`, "failed"])));
  for (const { title, failureMessages } of broken) assert.match(failureMessages.join("\n"), new RegExp(`"${title.split(",")[0] ?? ""}" is broken by step \\d+: `));

  writeFileSync(join(folder, "services.ts"), SERVICES.replaceAll("MENDED", "true"));
  const mended = await vitest(folder);
  assert.deepEqual(mended.filter(({ status }) => status !== "passed"), []);
});
