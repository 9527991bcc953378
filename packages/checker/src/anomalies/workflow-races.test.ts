// Anomalies of races and of outcomes, where a workflow coordinates (A1, A11, A13 to A16, A22 to A24): broken by a definition that leaves the
// protection out, or, where the engine gives it to every workflow, by the mutant that takes it away.
import assert from "node:assert/strict";
import test from "node:test";
import { event, port, workflow } from "@evenkeel/core";
import { z } from "zod";
import { answers, check, checkMutants, optional, scenario, workflowInvariants } from "../index.ts";
import { withDefect } from "../workflow/testing/broken-engine.ts";
import { assertBroken, assertFixed } from "./pinned.ts";

const Order = z.object({ id: z.string() });
const shop = port("shop", {
  charge: { input: Order, ok: Order, failures: { declined: z.object({}) }, reconcile: "repeat" },
  refund: { input: Order, ok: Order, reconcile: "repeat" },
  ship: { input: Order, ok: Order, reconcile: "repeat" },
});
const clerks = answers(shop, { charge: { ok: ({ input }) => input, declined: {} }, refund: { ok: ({ input }) => input }, ship: { ok: ({ input }) => input } });
const Picked = event("picked", { key: (one) => one.id, data: Order });
const Late = event("late", { key: (one) => one.id, data: Order });
const id = "o";

test("A1 and A16, by a workflow: cancelled while its last step is under way, an order is gone and cancelled; a pivot refuses the cancellation", async () => {
  const checked = (decides: "like any other" | "as the pivot") => {
    const orders = workflow("orders", { input: Order, ports: { shop } }, async (order, w) => {
      await w.step("charge", shop.charge, order, { undo: shop.refund });
      if (decides === "as the pivot") await w.pivot("ship", shop.ship, order);
      else await w.retriable("ship", shop.ship, order);
    });
    return check({
      system: [orders], ports: [clerks], when: [orders.start({ id, input: { id } }), optional(orders.cancel({ id, reason: "changed my mind" }))],
      eventually: {
        "what is cancelled is not out": (s) => s.orders.runs.every(({ status }) => status !== "cancelled" || s.provider["shop.ship"].length === 0),
        "what is out is paid for": (s) => s.provider["shop.ship"].length === 0 || s.provider["shop.refund"].length === 0,
      },
      sometimes: { "it is cancelled in time": (s) => s.orders.runs.some(({ status }) => status === "cancelled") && s.provider["shop.ship"].length === 0 },
    });
  };
  assertBroken(await checked("like any other"), "what is cancelled is not out", 10);
  assertFixed(await checked("as the pivot"), 29);
});

test("A11, A13, A14, A15 and A23, by construction: the engine of workflows asks for unknown outcomes, and compares versions; without that the standard invariants break", async () => {
  const orders = workflow("orders", { input: Order, ports: { shop } }, async (order, w) => {
    await w.step("charge", shop.charge, order, { undo: shop.refund });
    await w.pivot("ship", shop.ship, order);
  });
  const { base, mutants } = await checkMutants(scenario({
    system: [orders], ports: [clerks], when: [orders.start({ id, input: { id } }), optional(orders.cancel({ id, reason: "changed my mind" }))],
    faults: { crashes: 1, ports: { "shop.charge": ["ok", "declined", "unknown-applied", "unknown-not-applied", "late-applied"] } },
    invariants: { ...workflowInvariants(orders) },
    eventually: { "an order is over": (s) => s.orders.runs.every(({ endedAt }) => endedAt !== null) && s.orders.runs.length === 1 },
  }));
  assertFixed(base, 201);
  const told = new Map(mutants.map(({ text, result, by }) => [text, by === null ? result : `${result}: ${by.property}, in ${String(by.steps)}`]));
  const untrue = "killed: orders: an effect happens once, and what a run takes for done is what was done";
  const notUndone = "killed: orders: what a run did that gave up is undone, each step once";
  assert.equal(told.get("an unknown outcome of shop.charge is taken for notPerformed"), `${notUndone}, in 4`);
  assert.equal(told.get("an unknown outcome of shop.charge is taken for declined"), `${notUndone}, in 4`);
  assert.equal(told.get("an unknown outcome of shop.charge is taken for ok"), `${untrue}, in 5`);
  assert.equal(told.get("shop.ship is called before the commit"), `${untrue}, in 4`);
  // What wakes a run has its key, and the messages of a key are handled one after the other.
  assert.equal(told.get("orders writes without comparing versions"), "unreached");
  // Whoever starts the run again makes the same call, under the same key.
  assert.deepEqual(mutants.filter(({ result }) => result === "survived").map(({ text }) => text), ["shop.charge is called before the commit"]);
});

test("A22, by a workflow: its answer and its deadline are both acted on; a wait with a deadline has one end", async () => {
  const checked = (waits: "in two branches" | "with a deadline") => {
    const orders = workflow("orders", { input: Order, ports: { shop }, waitsFor: [Picked], emits: [Late] }, async (order, w) => {
      if (waits === "with a deadline") {
        if (await w.waitFor(Picked, { within: { hours: 1 } }) === undefined) w.emit(Late(order));
        else await w.retriable("ship", shop.ship, order);
      } else {
        const picked = w.waitFor(Picked).then(() => w.retriable("ship", shop.ship, order));
        const late = w.sleep({ hours: 1 }).then(() => { w.emit(Late(order)); });
        await Promise.race([picked, late]);
      }
      await w.sleep({ days: 1 });
    });
    return check({
      system: [orders], ports: [clerks], when: [orders.start({ id, input: { id } }), optional(Picked({ id }))], observe: [Late],
      invariants: {
        ...workflowInvariants(orders, { without: ["undo", "pivot"] }),
        "it is late or on its way": (s) => s.observed.late.length + s.provider["shop.ship"].length <= 1,
      },
      sometimes: { "it is late": (s) => s.observed.late.length === 1, "it is on its way": (s) => s.provider["shop.ship"].length === 1 },
    });
  };
  assertBroken(await checked("in two branches"), "it is late or on its way", 7);
  assertFixed(await checked("with a deadline"), 34);
});

test("A24, by a workflow: a message that comes before its run waits for it, or before the run itself, is kept; an engine that drops it waits for ever", async () => {
  const orders = workflow("orders", { input: Order, ports: { shop }, waitsFor: [Picked] }, async (order, w) => {
    await w.step("charge", shop.charge, order, { undo: shop.refund });
    await w.waitFor(Picked);
    await w.pivot("ship", shop.ship, order);
  });
  const drops = withDefect(orders, {
    handles: async (name, _data, { runs }) => {
      if (name !== "picked") return false;
      const { journal = [] } = await runs.get(id) as { readonly journal?: readonly { readonly kind: string; readonly what?: string }[] } | undefined ?? {};
      return !journal.some((entry) => entry.kind === "requested" && entry.what === "wait");
    },
  });
  const checked = (of: typeof orders) => check({
    system: [of], ports: [clerks], when: [of.start({ id, input: { id } }), Picked({ id })],
    invariants: { ...workflowInvariants(of, { without: ["undo"] }) },
    eventually: { "it is shipped": (s) => s.provider["shop.ship"].length === 1 },
  });
  assertBroken(await checked(drops), "it is shipped", 6);
  assertFixed(await checked(orders), 21);
});
