// What users may write and what the compiler refuses, with no type argument anywhere. Checked by the compiler alone, never run.
import { port, provide } from "@evenkeel/core";
import { z } from "zod";
import { httpClient } from "./index.ts";

declare function expectString(value: string): void;
declare function expectNumber(value: number): void;

const card = port("card", {
  charge: { input: z.object({ pence: z.number() }), ok: z.object({ chargeId: z.string() }), failures: { declined: z.object({ reason: z.string() }) } },
  ping: { input: z.object({}), ok: z.object({}), reconcile: "repeat" },
});
const bank = httpClient({ url: "https://bank.example", authorize: async ({ tenant, signal }) => ({ headers: { authorization: tenant + String(signal.aborted) } }) });

const charge = bank.operation(card.charge, {
  request: ({ input, key, tenant }) => { expectNumber(input.pence); return { path: ["charges", tenant, key], json: input }; },
  statuses: { 402: "declined", 503: "notPerformed", 202: "unknown" },
  read: (reply, { input }) => {
    const kind: "ok" | "declined" = reply.kind;
    expectNumber(input.pence);
    return kind === "ok" ? { kind, value: { chargeId: reply.text } } : { kind, value: { reason: String(reply.status) } };
  },
  ask: { request: ({ key }) => ({ path: ["charges", key] }), statuses: { 404: "absent", 402: "declined" } },
});
const ping = bank.operation(card.ping, { request: () => ({ method: "PUT", path: "/ping" }) });

// One operation over HTTP, another by a plain function.
export const both = provide(card, { charge, ping: { perform: async () => ({ kind: "ok", value: {} }) } });
export const all = provide(card, { charge, ping });

// @ts-expect-error the implementation of another operation
provide(card, { charge: ping, ping });
// @ts-expect-error an operation that is asked needs `ask`
bank.operation(card.charge, { request: () => ({ path: "/" }) });
bank.operation(card.charge, {
  request: () => ({ path: "/" }),
  // @ts-expect-error no such failure
  statuses: { 402: "refused" },
  ask: { request: () => ({ path: "/" }) },
});
bank.operation(card.charge, {
  request: () => ({ path: "/" }),
  // @ts-expect-error absent is an answer to a question
  statuses: { 404: "absent" },
  ask: { request: () => ({ path: "/" }) },
});
bank.operation(card.charge, {
  request: () => ({ path: "/" }),
  // @ts-expect-error the answer is not what the operation declares
  read: (reply) => ({ kind: "ok", value: { chargeId: reply.status } }),
  ask: { request: () => ({ path: "/" }) },
});
// @ts-expect-error a request needs a path
bank.operation(card.ping, { request: () => ({ json: {} }) });
bank.operation(card.charge, {
  // @ts-expect-error the input has no such field
  request: ({ input }) => ({ path: "/", json: input.pounds }),
  ask: { request: () => ({ path: "/" }) },
});
// @ts-expect-error a client needs the url
httpClient({ connections: 1 });
// @ts-expect-error credentials are headers
httpClient({ url: "https://bank.example", authorize: () => "token" });

export async function reading(): Promise<void> {
  const reply = await bank.send({ path: "/rates", query: { currency: "EUR", page: 1 } }, { signal: new AbortController().signal });
  expectString(reply.text);
  // @ts-expect-error what it holds is not known: parse it
  expectString(reply.json());
}
