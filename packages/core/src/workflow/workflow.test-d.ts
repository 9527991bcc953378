// What users of workflows may write and what the compiler refuses, with no type argument anywhere. Checked by the compiler alone, never run.
import { z } from "zod";
import { event, failedWith, port, service, workflow, type App, type RunWait } from "../index.ts";

declare function expectString(value: string): void;
declare const app: App<readonly []>;

const Order = z.object({ orderId: z.string(), pence: z.number().int() });
const Picked = event("order.picked", { key: (data) => data.orderId, data: z.object({ orderId: z.string(), by: z.string() }) });
const Shipped = event("order.shipped", { key: (data) => data.orderId, data: z.object({ orderId: z.string() }) });
const shop = port("shop", {
  reserve: { input: Order, ok: z.object({ holdId: z.string() }), reconcile: "repeat" },
  release: { input: Order, ok: z.object({}), reconcile: "repeat" },
  charge: { input: Order, ok: z.object({ chargeId: z.string() }), failures: { declined: z.object({ reason: z.string() }) }, reconcile: "repeat" },
  refund: { input: z.object({ chargeId: z.string() }), ok: z.object({}), reconcile: "repeat" },
});
const elsewhere = port("elsewhere", { go: { input: Order, ok: z.object({}), reconcile: "repeat" } });

const child = workflow("child", { input: z.object({ n: z.number() }) }, async ({ n }) => ({ doubled: n * 2 }));

export const checkout = workflow("checkout", { input: Order, ports: { shop }, emits: [Shipped], waitsFor: [Picked], children: [child] }, async (order, w) => {
  const held = await w.step("reserve", shop.reserve, order, { undo: shop.release });
  expectString(held.holdId);
  const paid = await w.step("charge", shop.charge, order, { undo: shop.refund, undoInput: ({ chargeId }) => ({ chargeId }) });
  expectString(paid.chargeId);
  // @ts-expect-error a step that can be undone says how
  await w.step("reserve", shop.reserve, order);
  // @ts-expect-error the undo takes another input than the step: say what
  await w.step("charge", shop.charge, order, { undo: shop.refund });
  // @ts-expect-error not what the undo takes
  await w.step("charge", shop.charge, order, { undo: shop.refund, undoInput: () => ({ chargeId: 1 }) });
  // @ts-expect-error not what the operation takes
  await w.pivot("charge", shop.charge, { orderId: order.orderId });
  // @ts-expect-error its port is not declared
  await w.retriable("go", elsewhere.go, order);
  const picked = await w.waitFor(Picked);
  expectString(picked.by);
  const perhaps = await w.waitFor(Picked, { within: { days: 3 } });
  expectString(perhaps?.by ?? "");
  // @ts-expect-error it may have lapsed
  expectString(perhaps.by);
  const received = await w.receive(Picked);
  expectString(received.data.by);
  received.answer({ late: false });
  // @ts-expect-error it may have lapsed
  expectString((await w.receive(Picked, { within: { days: 3 } })).id);
  // @ts-expect-error not declared in `waitsFor`
  await w.waitFor(Shipped);
  // @ts-expect-error no wait has this option
  await w.waitFor(Picked, { withing: { days: 3 } });
  w.emit(Shipped({ orderId: order.orderId }));
  // @ts-expect-error not declared in `emits`
  w.emit(Picked({ orderId: order.orderId, by: "me" }));
  const { doubled } = await w.child("double", child, { id: "c", input: { n: 1 } });
  // @ts-expect-error not the child's input
  await w.child("double", child, { id: "c", input: { n: "1" } });
  // @ts-expect-error not the workflow's input
  if (order.pence < 0) return w.continueAsNew({ orderId: order.orderId });
  if (order.pence === 0) return w.continueAsNew({ ...order, pence: 1 });
  const { token, answer } = w.callback("confirm", z.object({ ok: z.boolean() }), { within: { hours: 1 } });
  expectString(token);
  const yes: boolean | undefined = (await answer)?.ok;
  const each: number[] = await w.map([1, 2], { atMost: 1 }, async (n) => n * doubled);
  return { yes: yes ?? false, each };
});

export const byKey = workflow("by-key", { input: Order, waitsFor: [Picked], waitsForByKey: [Shipped] }, async (order, w) => {
  const shipped = await w.waitFor(Shipped, { key: order.orderId });
  expectString(shipped.orderId);
  const perhaps = await w.waitFor(Shipped, { key: order.orderId, within: { days: 3 } });
  // @ts-expect-error it may have lapsed
  expectString(perhaps.orderId);
  // @ts-expect-error it comes by another key: which?
  await w.waitFor(Shipped);
  // @ts-expect-error nothing forwards it from another key
  await w.waitFor(Picked, { key: order.orderId });
  // @ts-expect-error a key is a string
  await w.waitFor(Shipped, { key: 1 });
  // @ts-expect-error no wait has this option
  await w.waitFor(Shipped, { key: order.orderId, withing: { days: 3 } });
  (await w.receive(Shipped, { key: order.orderId })).answer(1);
  const first = await w.waitForAny([Picked, { message: Shipped, key: order.orderId }], { within: { days: 1 } });
  if (first?.name === "order.picked") expectString(first.data.by);
  if (first?.name === "order.shipped") expectString(first.key);
  // @ts-expect-error nothing forwards it from another key
  await w.waitForAny([{ message: Picked, key: order.orderId }]);
});

export async function catches(error: unknown): Promise<void> {
  if (failedWith(error, shop.charge, "declined")) expectString(error.value.reason);
  // @ts-expect-error no such failure
  failedWith(error, shop.charge, "sold-out");
  const run = await app.read(checkout.run, "o-1");
  const view = checkout.inspect(run);
  const waits: readonly RunWait[] | undefined = view?.waits;
  // @ts-expect-error it may not have begun
  expectString(view.status);
  if (run !== undefined) expectString(checkout.inspect(run).result?.each.join() ?? String(waits?.length));
  const each: readonly number[] | undefined = run?.result?.each;
  expectString(run?.input?.orderId ?? String(each));
}

// A service may start a run, as anybody.
export const starter = service("starter", { emits: [checkout.start] }).on(Picked, ({ orderId }, { emit }) => {
  emit(checkout.start({ id: orderId, input: { orderId, pence: 1 } }));
  // @ts-expect-error not the workflow's input
  emit(checkout.start({ id: orderId, input: { orderId } }));
});
