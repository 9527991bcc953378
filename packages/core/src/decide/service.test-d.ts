// What users may write and what the compiler refuses, with no type argument anywhere. Checked by the compiler alone, never run.
import { z } from "zod";
import { command, createAppOn, entity, event, memoryStore, port, provide, service } from "../index.ts";
import type { Host } from "../spi/host.ts";

declare function expectString(value: string): void;
declare function expectNumber(value: number): void;

const Placed = event("order.placed", { key: (order) => order.orderId, data: z.object({ orderId: z.string(), pence: z.number().int() }) });
const Paid = event("order.paid", { key: (order) => order.orderId, data: z.object({ orderId: z.string() }) });
const Cancel = command("order.cancel", { key: (order) => order.orderId, data: z.object({ orderId: z.string() }) });
const Payment = entity("payment", { data: z.object({ status: z.enum(["charging", "paid"]), tries: z.array(z.number()) }) });
const card = port("card", {
  charge: { input: z.object({ pence: z.number() }), ok: z.object({ chargeId: z.string() }), failures: { declined: z.object({ reason: z.string() }) } },
  ping: { input: z.object({}), ok: z.object({}), reconcile: "repeat" },
});

export const payments = service("payments", { entities: { payment: Payment }, ports: { card }, emits: [Paid] })
  .on(Placed, async (order, { payment, call, emit }) => {
    const pence: number = order.pence;
    const before = await payment.get(order.orderId);
    const status: "charging" | "paid" | undefined = before?.status;
    payment.put(order.orderId, { status: status ?? "charging", tries: [] });
    call(card.charge, { key: `${order.orderId}/charge`, input: { pence } });
    emit(Paid({ orderId: order.orderId }));
    // @ts-expect-error a document is frozen: spread it
    if (before !== undefined) before.status = "paid";
    // @ts-expect-error no such status
    payment.put(order.orderId, { status: "lost", tries: [] });
    // @ts-expect-error the event is not among the service's `emits`
    emit(Placed({ orderId: "o", pence: 1 }));
    // @ts-expect-error wrong input
    call(card.charge, { key: "k", input: { pence: "1" } });
    // @ts-expect-error a call needs its business key
    call(card.charge, { input: { pence: 1 } });
  })
  .outcome(card.charge, {
    ok: ({ call, value }) => { expectString(value.chargeId + call.key); expectNumber(call.input.pence); },
    declined: ({ value }) => { expectString(value.reason); },
    notPerformed: ({ failure }) => { expectString(failure.code); },
    unknown: ({ failure }, { reconcile, abandon }) => { if (failure.code === "CALL_TIMEOUT") reconcile(); else abandon(); },
  });

// @ts-expect-error `declined` is not handled
payments.outcome(card.charge, { ok: () => undefined, notPerformed: () => undefined, unknown: () => undefined });

// @ts-expect-error a default makes input and output differ: it would not survive storage
event("order.dated", { key: () => "k", data: z.object({ at: z.string().default("now") }) });
// @ts-expect-error a Date is not JSON
event("order.dated", { key: () => "k", data: z.object({ at: z.date() }) });
// @ts-expect-error the key must be a string
event("order.numbered", { key: (order) => order.number, data: z.object({ number: z.number() }) });
// @ts-expect-error a message needs its data
Placed({ orderId: "o" });

// @ts-expect-error a misspelled option would leave its default in force
port("bank", { pay: { input: z.object({}), ok: z.object({}), timeout: 5 } });
// @ts-expect-error the same within
port("bank", { pay: { input: z.object({}), ok: z.object({}), breaker: { share: true } } });
// @ts-expect-error answers are stored: a Date would not survive
port("bank", { pay: { input: z.object({}), ok: z.object({ at: z.date() }) } });
// @ts-expect-error a coercion makes input and output differ: the stored answer would not be read back
port("bank", { pay: { input: z.object({}), ok: z.object({ pence: z.coerce.number() }) } });
// @ts-expect-error the same of an input
port("bank", { pay: { input: z.object({ pence: z.string().transform(Number) }), ok: z.object({}) } });
// @ts-expect-error the same of a declared failure
port("bank", { pay: { input: z.object({}), ok: z.object({}), failures: { declined: z.object({ at: z.date() }) } } });

// @ts-expect-error an operation that is asked needs `ask`
provide(card, { charge: { perform: () => Promise.resolve({ kind: "ok", value: { chargeId: "c" } }) }, ping: { perform: () => Promise.resolve({ kind: "ok", value: {} }) } });
export const provided = provide(card, {
  charge: {
    perform: ({ input }) => Promise.resolve(input.pence > 0 ? { kind: "ok", value: { chargeId: "c" } } : { kind: "declined", value: { reason: "nothing" } }),
    ask: () => Promise.resolve({ kind: "absent" }),
  },
  ping: { perform: () => Promise.resolve({ kind: "ok", value: {} }) },
});

export async function publishing(host: Host): Promise<"charging" | "paid" | undefined> {
  const app = await createAppOn({ services: [payments], accepts: [Placed, Cancel], store: memoryStore({ host }), host });
  await app.publish(Placed({ orderId: "o", pence: 1 }), { idempotencyKey: "o" });
  // @ts-expect-error the application does not accept it
  await app.publish(Paid({ orderId: "o" }));
  const document = await app.read(Payment, "o");
  return document?.status;
}
