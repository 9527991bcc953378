// Recorded runs held against other code: what is the same, what goes on differently, and what would become a dead letter.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { terminal } from "../errors.ts";
import { workflow, type AnyWorkflow } from "./define.ts";
import { checkHistory, type RunHistory } from "./history.ts";
import { replayReport } from "./replay-report.ts";
import { replayRun } from "./replay-run.ts";
import { OrderData, OrderPicked, shop, shopApp } from "./testing/shop.ts";

const options = { input: OrderData, ports: { shop }, waitsFor: [OrderPicked] } as const;
const recorded = workflow("recorded", options, async (order, w) => {
  await w.step("reserve", shop.reserve, order, { undo: shop.release });
  const picked = await w.waitFor(OrderPicked, { within: { seconds: 30 } });
  if (picked === undefined) throw terminal("NOT_PICKED", "nobody picked it");
  await w.pivot("charge", shop.charge, order);
  return `sold ${picked.orderId}`;
});

/** Three runs: sold, not picked and undone, and still waiting. */
async function recordedRuns() {
  const scene = await shopApp(setImmediate, [recorded], [recorded.start, OrderPicked]);
  const { app, done, pass } = scene;
  for (const id of ["sold", "late"]) await done(app.publish(recorded.start({ id, input: { orderId: id } })));
  await done(app.publish(OrderPicked({ orderId: "sold" })));
  await pass(40_000);
  await done(app.publish(recorded.start({ id: "open", input: { orderId: "open" } })));
  await pass(1_000);
  const histories: Record<string, RunHistory> = {};
  for (const id of ["sold", "late", "open"]) {
    const run = await done(app.read(recorded.run, id));
    histories[id] = checkHistory(JSON.parse(JSON.stringify({ workflow: "recorded", id, run })), 1);
  }
  await scene.stop();
  return histories;
}

/** What is found of each run, by its id. */
async function verdicts(code: AnyWorkflow) {
  const found: Record<string, string> = {};
  for (const [id, history] of Object.entries(await recordedRuns())) found[id] = (await replayRun(code, history, setImmediate)).verdict;
  return found;
}

test("The code that recorded them replays ended runs to their end, and others to where they stand", async () => {
  const histories = await recordedRuns();
  assert.deepEqual(Object.values(histories).map(({ run }) => run.status), ["completed", "compensated", "running"]);
  assert.deepEqual(await verdicts(recorded), { sold: "same", late: "same", open: "same" });
});

test("Another step is a divergence, with the diff, the way there and what to do", async () => {
  const histories = await recordedRuns();
  const code = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    await w.waitFor(OrderPicked, { within: { seconds: 30 } });
    await w.pivot("take the money", shop.charge, order);
    return `sold ${order.orderId}`;
  });
  const history = histories["sold"];
  assert.ok(history);
  const { verdict, code: error, before, recorded: was, made, message } = await replayRun(code, history, setImmediate);
  assert.deepEqual([verdict, error], ["diverged", "WORKFLOW_DIVERGED"]);
  assert.deepEqual([was, made], ["pivot step 'charge' (shop.charge)", "pivot step 'take the money' (shop.charge)"]);
  assert.deepEqual(before, ["compensatable step 'reserve' (shop.reserve)", "a wait for 'order.picked' within a time"]);
  assert.match(message, /^at entry \d+:\n.*- journal: pivot step 'charge'.*\n {2}\+ code: {4}pivot step 'take the money'/s);
  assert.match(message, /\nPut the change behind `if \(w\.patched/s);
});

test("A run that is being undone must fail again: code that goes on there diverges", async () => {
  const code = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    const picked = await w.waitFor(OrderPicked, { within: { seconds: 30 } });
    await w.pivot("charge", shop.charge, order);
    return `sold ${picked?.orderId ?? ""}`;
  });
  assert.deepEqual(await verdicts(code), { sold: "same", late: "diverged", open: "same" });
  const calm = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    const picked = await w.waitFor(OrderPicked, { within: { seconds: 30 } });
    if (picked === undefined) return "nobody picked it";
    await w.pivot("charge", shop.charge, order);
    return `sold ${picked.orderId}`;
  });
  assert.deepEqual(await verdicts(calm), { sold: "same", late: "diverged", open: "same" });
});

test("Code that does all of a journal and then more, or ends otherwise, is told as changed and breaks no run", async () => {
  const more = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    const picked = await w.waitFor(OrderPicked, { within: { seconds: 30 } });
    if (picked === undefined) throw terminal("LAPSED", "nobody picked it");
    await w.pivot("charge", shop.charge, order);
    await w.retriable("ship", shop.ship, order);
    return `sold ${picked.orderId}`;
  });
  assert.deepEqual(await verdicts(more), { sold: "changed", late: "changed", open: "same" });
  const another = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    const picked = await w.waitFor(OrderPicked, { within: { seconds: 30 } });
    if (picked === undefined) throw terminal("NOT_PICKED", "nobody picked it");
    await w.pivot("charge", shop.charge, order);
    return `gone ${picked.orderId}`;
  });
  assert.deepEqual(await verdicts(another), { sold: "changed", late: "same", open: "same" });
});

test("Code that continues as new where a run ended or waits is told as changed", async () => {
  const anew = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    const picked = await w.waitFor(OrderPicked, { within: { seconds: 30 } });
    if (picked === undefined) throw terminal("NOT_PICKED", "nobody picked it");
    await w.pivot("charge", shop.charge, order);
    return w.continueAsNew(order);
  });
  assert.deepEqual(await verdicts(anew), { sold: "changed", late: "same", open: "same" });
});

test("A change behind a patch, or under a new version, is the same for runs that began before", async () => {
  const patched = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    if (w.patched("look")) await w.readonly("look", shop.reserve, order);
    const picked = await w.waitFor(OrderPicked, { within: { seconds: 30 } });
    if (picked === undefined) throw terminal("NOT_PICKED", "nobody picked it");
    await w.pivot("charge", shop.charge, order);
    return `sold ${picked.orderId}`;
  });
  assert.deepEqual(await verdicts(patched), { sold: "same", late: "same", open: "same" });
  const second = workflow("recorded", { ...options, version: 2, previous: [recorded] }, async () => "at once");
  assert.deepEqual(await verdicts(second), { sold: "same", late: "same", open: "same" });
  const alone = workflow("recorded", { ...options, version: 2 }, async () => "at once");
  assert.deepEqual(await verdicts(alone), { sold: "versionUnknown", late: "versionUnknown", open: "versionUnknown" });
});

test("Code that throws, or waits for what nothing could wake, is broken", async () => {
  const throwing = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    const picked = await w.waitFor(OrderPicked, { within: { seconds: 30 } });
    await w.pivot("charge", shop.charge, { orderId: picked === undefined ? order.orderId : picked.orderId.toUpperCase() });
    throw new TypeError("a typing error");
  });
  const found = await verdicts(throwing);
  assert.equal(found["sold"], "broken");
  const endless = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    if (await w.waitFor(OrderPicked, { within: { seconds: 30 } }) === undefined) throw terminal("NOT_PICKED", "nobody picked it");
    await w.pivot("charge", shop.charge, order);
    await new Promise(() => undefined);
    return "never";
  });
  assert.deepEqual(await verdicts(endless), { sold: "broken", late: "same", open: "same" });
});

test("Runs that tell the same stand together in the report, and a change fails it only where that is asked", async () => {
  const histories = Object.values(await recordedRuns());
  const second = workflow("recorded", { ...options, version: 2 }, async () => "at once");
  const unknown = replayReport(await Promise.all(histories.map((one) => replayRun(second, one, setImmediate))), false);
  assert.equal(unknown.passed, false);
  assert.match(unknown.text, /^recorded, version 1, 3 runs \(sold, late, open\): version unknown .*keep that version in `previous`/);
  assert.match(unknown.text, /3 runs replayed: 3 version unknown\.\n$/);
  const changing = workflow("recorded", options, async (order, w) => {
    await w.step("reserve", shop.reserve, order, { undo: shop.release });
    if (await w.waitFor(OrderPicked, { within: { seconds: 30 } }) === undefined) throw terminal("OTHER", "nobody picked it");
    await w.pivot("charge", shop.charge, order);
  });
  const changed = await Promise.all(histories.map((one) => replayRun(changing, one, setImmediate)));
  assert.deepEqual(replayReport(changed, false).counts, { same: 1, changed: 2, diverged: 0, broken: 0, versionUnknown: 0 });
  assert.deepEqual([replayReport(changed, false).passed, replayReport(changed, true).passed], [true, false]);
});
