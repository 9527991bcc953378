// The rule on code as users write it: what is fine, and what is reported with what to use instead.
import test from "node:test";
import { RuleTester } from "eslint";
import tseslint from "typescript-eslint";
import { deterministic } from "./deterministic.ts";

RuleTester.describe = (_name: string, cases: () => void) => { cases(); };
RuleTester.it = (name: string, run: () => void) => { test(name, run); };

const plain = new RuleTester({ languageOptions: { ecmaVersion: "latest", sourceType: "module" } });
const typed = new RuleTester({ languageOptions: { parser: tseslint.parser } });

/** The body of a workflow's function. */
const inRun = (body: string, before = ""): string =>
  `import { workflow } from "evenkeel";\n${before}export const checkout = workflow("checkout", {}, async (order, w) => { ${body} });`;
/** With one suggestion, which makes `after` of the body. */
const outside = (body: string, after: string) => ({
  code: inRun(body), errors: [{ messageId: "outside", suggestions: [{ messageId: "useInstead", output: inRun(after) }] }],
});
const told = (code: string, ...messageIds: string[]) => ({ code, errors: messageIds.map((messageId) => ({ messageId })) });
/** The same, with a suggestion for each of the first so many. */
const suggesting = (count: number, { code, errors }: ReturnType<typeof told>) => ({
  code, errors: errors.map((error, at) => (at < count ? { ...error, suggestions: 1 } : error)),
});

plain.run("evenkeel/deterministic: time, chance and the outside", deterministic, {
  valid: [
    inRun("const at = w.now; const when = new Date(w.now); w.random(); w.newId(); return new Date(0);"),
    // Elsewhere in the file, and other things of these names.
    "import { workflow } from 'evenkeel'; export const now = Date.now(); setTimeout(() => fetch('/'), process.env.MS);",
    inRun("const fetch = (x) => x; fetch(order); const Math = { random: () => 4 }; Math.random(); for (const key of Object.keys(order)) order[key]; return { fetch: 1, setTimeout: 2 };"),
    "import { workflow } from './mine.js'; const other = (a, b, c) => c; other('x', {}, async (order, w) => Date.now());",
    "import { randomUUID } from './ids.js'; import { workflow } from 'evenkeel'; workflow('x', {}, async (o, w) => { randomUUID(); });",
  ],
  invalid: [
    outside("const at = Date.now();", "const at = w.now;"),
    outside("const at = new Date();", "const at = new Date(w.now);"),
    outside("return Math.random() < 0.5;", "return w.random() < 0.5;"),
    outside("const id = crypto.randomUUID();", "const id = w.newId();"),
    outside("const id = globalThis.crypto.randomUUID();", "const id = w.newId();"),
    outside("return performance.now();", "return w.now;"),
    told(inRun("setTimeout(() => {}, 5); setInterval(() => {}, 5);"), "outside", "outside"),
    told(inRun("const region = process.env.REGION; return Date();"), "outside", "outside"),
    told(inRun("order.items.map(Math.random); const { w: other } = order;"), "outside"),
    // A nested function may have another `w`: nothing is suggested there.
    { code: inRun("order.items.map((w) => Date.now() - w);"), errors: [{ messageId: "outside", suggestions: [] }] },
    suggesting(2, told(inRun("v4(); rest.randomUUID(); sleep(5);", "import { randomUUID as v4 } from 'node:crypto'; import rest from 'crypto'; import { setTimeout as sleep } from 'node:timers/promises';\n"), "outside", "outside", "outside")),
    // What it calls in the same file, and functions that are defined before.
    told(inRun("return total(order);", "function total(order) { return order.pence * Math.random(); }\n"), "outside"),
    suggesting(1, told("import { workflow as define } from '@evenkeel/core'; const body = async (order, w) => { Date.now(); }; define('x', {}, body);", "outside")),
    told("import * as http from 'node:http'; import { workflow } from 'evenkeel'; workflow('x', {}, async () => { http.request('/'); });", "outside"),
  ],
});

plain.run("evenkeel/deterministic: what is awaited", deterministic, {
  valid: [
    inRun("await w.step('a', shop.a, order, { undo: shop.b }); const b = w.readonly('b', shop.b, order); const c = w.readonly('c', shop.c, order); await b; return (await c).d;"),
    inRun("const [a, b] = await Promise.all([w.readonly('a', shop.a, order), w.readonly('b', shop.b, order)]); return a ?? b;"),
    inRun("const { token, answer } = w.callback('ok', Ok); await w.readonly('send', shop.send, { token }); await answer;"),
    inRun("await Promise.all(order.items.map((item) => w.readonly(item.id, shop.look, item))); await w.map(order.items, { atMost: 2 }, async (item) => { await w.sleep({ days: 1 }); });"),
    inRun("await w.waitFor(Picked).then((picked) => picked); await ship(order, w); await pick(w);", "import { ship } from './ship.js'; async function pick(w) { await w.waitFor(Picked); }\n"),
    inRun("const later = async (item) => { await w.sleep({ days: item }); }; await later(3);"),
    inRun("const pending = order.pending; await pending; await pending.answer; return w.step('a', shop.a, order);"),
    inRun("const paid = await w.waitFor(Paid, { key: order.paymentId, within: { days: 2 } }); await w.waitForAny([Picked, { message: Paid, key: w.newId() }]); return paid;"),
    // It is not known what these are.
    "import { workflow } from 'evenkeel'; workflow('x', {}, async (order, { step }) => { await step('a', shop.a, order); });",
  ],
  invalid: [
    told(inRun("await fetch('/');"), "foreign", "outside"),
    told(inRun("await w.waitFor(Paid, { key: await keyOf(order) });", "import { keyOf } from './db.js';\n"), "foreign"),
    told(inRun("await db.query('select 1');", "import { db } from './db.js';\n"), "foreign"),
    told(inRun("const rows = query(order); await rows;", "import { query } from './db.js';\n"), "foreign"),
    told(inRun("await new Promise((resolve) => resolve(1)); await import('./late.js');"), "foreign", "foreign"),
    told(inRun("await Promise.race([w.waitFor(Picked), query(order)]);", "import { query } from './db.js';\n"), "foreign"),
    told(inRun("await Promise.all(order.items.map((item) => query(item)));", "import { query } from './db.js';\n"), "foreign"),
    told(inRun("await pick(w);", "import { query } from './db.js'; async function pick(x) { await x.sleep({ days: 1 }); await query(1); }\n"), "foreign"),
    told(inRun("for await (const row of order.rows) row;"), "foreignLoop"),
  ],
});

plain.run("evenkeel/deterministic: verbs that nobody awaits", deterministic, {
  valid: [
    inRun("w.emit(Sold(order)); w.run(insert, order); w.callback('a', Ok); const a = w.readonly('a', shop.a, order); return a;"),
    inRun("await w.map(order.items, { atMost: 2 }, (item) => w.readonly(item, shop.a, order));"),
  ],
  invalid: [
    { code: inRun("w.sleep({ days: 1 });"), errors: [{ messageId: "unawaited", data: { name: "w.sleep" }, suggestions: [{ messageId: "addAwait", output: inRun("await w.sleep({ days: 1 });") }] }] },
    { code: inRun("order.items.forEach((item) => { w.readonly(item, shop.a, order); });"), errors: [{ messageId: "unawaited", suggestions: [] }] },
    told(inRun("void w.sleep({ days: 1 });"), "unawaited"),
    told(inRun("const paid = w.waitFor(Paid, { key: order.paymentId });"), "unawaited"),
    told(inRun("const a = w.readonly('a', shop.a, order);"), "unawaited"),
    { code: inRun("Promise.all([w.sleep({ days: 1 })]).then(() => 1);"), errors: [{ messageId: "unawaited", suggestions: [{ messageId: "addAwait", output: inRun("await Promise.all([w.sleep({ days: 1 })]).then(() => 1);") }] }] },
    {
      code: inRun("pick(w);", "async function pick(w) { await w.sleep({ days: 1 }); }\n"),
      errors: [{ messageId: "unawaited", data: { name: "pick" }, suggestions: [{ messageId: "addAwait", output: inRun("await pick(w);", "async function pick(w) { await w.sleep({ days: 1 }); }\n") }] }],
    },
  ],
});

const undo = "{ undo: shop.undo }";
plain.run("evenkeel/deterministic: what follows the pivot", deterministic, {
  valid: [
    inRun(`await w.step('a', shop.a, order, ${undo}); await w.pivot('b', shop.b, order); await w.retriable('c', shop.c, order); await w.ask(Sell(order), { answers: [Sold] });`),
    inRun(`if (order.early) { await w.pivot('b', shop.b, order); return 1; } await w.step('a', shop.a, order, ${undo}); await w.pivot('c', shop.b, order);`),
    inRun(`try { await w.step('a', shop.a, order, ${undo}); await w.pivot('b', shop.b, order); } catch (error) { throw error; } await w.retriable('c', shop.c, order);`),
  ],
  invalid: [
    told(inRun(`await w.pivot('b', shop.b, order); await w.step('a', shop.a, order, ${undo});`), "afterPivot"),
    told(inRun(`const paid = await w.pivot('b', shop.b, order); if (paid) { await w.step('a', shop.a, order, ${undo}); }`), "afterPivot"),
    told(inRun(`try { await w.pivot('b', shop.b, order); } catch {} for (const one of order.items) await w.step(one, shop.a, order, ${undo});`), "afterPivot"),
    told(inRun("await w.pivot('b', shop.b, order); await w.pivot('c', shop.b, order); await w.ask(Hold(order), { answers: [Held], undo: { send: Free(order), answers: [Freed] } });"), "afterPivot", "afterPivot"),
  ],
});

const inHandler = (body: string): string => `import { service } from "evenkeel";\nexport const orders = service("orders", {}).on(Placed, async (order, { now, order: orders }) => { ${body} });`;
plain.run("evenkeel/deterministic: handlers", deterministic, {
  valid: [inHandler("const before = await orders.get(order.id); orders.put(order.id, { at: now });"), "emitter.on(Placed, () => Date.now());"],
  invalid: [
    { code: inHandler("Date.now();"), errors: [{ messageId: "outside", data: { name: "Date.now", instead: "take the time from `now` of the handler's context" }, suggestions: [] }] },
    told(`${inHandler("")} const more = orders.outcome(card.charge, { ok: () => { fetch('/'); }, unknown: late }); function late() { Math.random(); }`, "outside", "outside"),
  ],
});

typed.run("evenkeel/deterministic: TypeScript", deterministic, {
  valid: [
    "import { workflow } from 'evenkeel'; export const a = workflow('a', {} as const, async (order: Order, w) => { const x = (await w.readonly('a', shop.a, order)) as Row; type Now = typeof Date.now; return x!; });",
    "async function pick(order: Order, w: DeliveryContext) { Date.now(); }",
  ],
  invalid: [
    { code: "async function pick(order: Order, w: WorkflowContext<Declared>): Promise<void> { await (query(order) as Promise<Row>); return Date.now() as never; }", errors: [
      { messageId: "foreign" }, { messageId: "outside", suggestions: [{ messageId: "useInstead", output: "async function pick(order: Order, w: WorkflowContext<Declared>): Promise<void> { await (query(order) as Promise<Row>); return w.now as never; }" }] },
    ] },
    { ...told("async function pick(order: Order, w: DeliveryContext) { new Map<string, number>().set('a', setTimeout(() => 1)); }", "outside"), options: [{ contextTypes: ["DeliveryContext"] }] },
    suggesting(1, told("import { workflow } from 'evenkeel'; workflow('a', {}, (async (order, w) => { w.sleep({ days: 1 })!; }) satisfies Body);", "unawaited")),
  ],
});
