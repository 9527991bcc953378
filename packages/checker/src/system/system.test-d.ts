// What a check of a system may say, with every type inferred, and what the compiler refuses. Checked by the compiler alone, never run.
import { command, entity, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers, check } from "../index.ts";

const Pay = command("pay", { key: (one) => one.id, data: z.object({ id: z.string() }) });
const bank = port("bank", { charge: { input: z.object({ pence: z.number() }), ok: z.object({ receipt: z.string() }), failures: { declined: z.object({}) } } });
const Payment = entity("payment", { data: z.object({ state: z.enum(["charging", "paid"]), pence: z.number() }) });
const paying = service("paying", { entities: { payment: Payment }, ports: { bank } }).on(Pay, () => undefined);
const idle = service("idle", {});

export const report = check({
  system: [paying, idle],
  when: [Pay({ id: "a" })],
  ports: [answers(bank, { charge: { ok: ({ input, key }) => ({ receipt: `${key} ${input.pence.toFixed(2)}` }) } })],
  faults: { ports: { "bank.charge": ["ok", "declined", "unknown-applied"] } },
  observe: [Pay],
  invariants: {
    "documents, effects and observed messages have their types": (s) =>
      s.paying.payment.every(({ key, state, pence }) => key.length > 0 && state === "paid" && pence.toFixed() !== "")
      && s.provider["bank.charge"].every(({ input, applied }) => input.pence > applied) && s.observed.pay.every(({ data }) => data.id !== ""),
  },
});

// A property's parameter is typed by the system alone: what is not there has no type that it could be given.
interface Seen { readonly paying: { readonly payment: readonly { readonly state: "charging" | "paid" }[] } }
void check({ system: [paying], when: [Pay({ id: "a" })], invariants: { "as it is": (s: Seen) => s.paying.payment.length > 0 } });
// @ts-expect-error no such service
void check({ system: [idle], when: [Pay({ id: "a" })], invariants: { "another service": (s: Seen) => s.paying.payment.length > 0 } });
// @ts-expect-error no such entity
void check({
  system: [paying], when: [Pay({ id: "a" })],
  invariants: { "misspelt entity": (s: { readonly paying: { readonly payments: readonly unknown[] } }) => s.paying.payments.length > 0 },
});
// @ts-expect-error no such operation
void check({
  system: [paying], when: [Pay({ id: "a" })],
  invariants: { "misspelt operation": (s: { readonly provider: { readonly "bank.refund": readonly unknown[] } }) => s.provider["bank.refund"].length > 0 },
});
// @ts-expect-error no such state
void check({ system: [paying], when: [Pay({ id: "a" })], invariants: { "lost": (s) => s.paying.payment.every(({ state }) => state === "lost") } });

// @ts-expect-error no such operation
void check({ system: [paying], when: [Pay({ id: "a" })], faults: { ports: { "bank.refund": ["ok"] } } });
// @ts-expect-error the operation has no such end
void check({ system: [paying], when: [Pay({ id: "a" })], faults: { ports: { "bank.charge": ["refused"] } } });
// @ts-expect-error what a provider answers needs an `ok`
answers(bank, { charge: { declined: {} } });
// @ts-expect-error a wrong answer
answers(bank, { charge: { ok: { receipt: 1 } } });
