// A service with two ports, one of which reaches a provider that is away for longer than its calls may take: each of those calls has an
// outcome by its deadline, and the calls of the other port go on. Live: a provider process, a database, two operations. (That it is within a
// second of the deadline is tested in virtual time, where a busy machine does not decide.)
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { createApp, entity, event, notPerformed, port, provide, service, type App } from "evenkeel";
import { z } from "zod";
import { charge, findCharge } from "../testing/providerClient.ts";
import type { FaultSwitches } from "../provider/contract.ts";
import { ProviderError } from "../provider/providerError.ts";
import { startProvider, type Provider } from "../provider/start.ts";
import { testDatabase, until } from "../testing/scene.ts";

const DEADLINE_MS = 2_500;
/** Far beyond what any machine needs; an outcome that came with the provider's return would not come at all, since that waits for them. */
const SLACK_MS = 60_000;

const Sold = event("sold", { key: (sale) => sale.saleId, data: z.object({ saleId: z.string() }) });
const bank = port("bank", {
  charge: { input: z.string(), ok: z.string(), failures: { declined: z.string() }, timeoutMs: 400, deadlineMs: DEADLINE_MS, backoffMs: 50 },
});
const post = port("post", { send: { input: z.string(), ok: z.null(), reconcile: "repeat" } });

/** What a sale's call came to first, and when. */
const End = entity("end", { data: z.object({ kind: z.string(), at: z.number() }) });

const till = service("till", { ports: { bank, post }, entities: { ends: End } })
  .on(Sold, ({ saleId }, { call }) => {
    if (saleId.startsWith("letter")) call(post.send, { key: saleId, input: saleId });
    else call(bank.charge, { key: saleId, input: saleId });
  })
  .outcome(bank.charge, {
    ok: ended("ok"), declined: ended("declined"), notPerformed: ended("notPerformed"),
    unknown: async (outcome, context) => { await ended("unknown")(outcome, context); context.reconcile(); },
  })
  .outcome(post.send, {
    ok: ended("ok"), notPerformed: ended("notPerformed"), unknown: async (outcome, context) => { await ended("unknown")(outcome, context); context.abandon(); },
  });

interface Ending {
  readonly now: number;
  readonly message: { readonly key: string };
  readonly ends: { get(key: string): Promise<unknown>; put(key: string, end: z.infer<typeof End.schema>): void };
}

function ended(kind: string) {
  return async (_outcome: unknown, { now, message: { key }, ends }: Ending): Promise<void> => {
    if (await ends.get(key) === undefined) ends.put(key, { kind, at: now });
  };
}

const schema = `test_two_ports_${randomBytes(5).toString("hex")}`;
let provider: Provider;
let app: App<readonly [typeof Sold]>;

before(async () => {
  provider = await startProvider();
  const { url } = provider;
  app = await createApp({
    services: [till], accepts: [Sold] as const, schema, database: testDatabase(), log: () => undefined,
    ports: [
      provide(bank, {
        charge: {
          perform: async ({ key, input, signal }) => {
            const answer = await charge({ url, key, signal, body: { orderId: input, customer: null, pence: 1 } }).catch((error: unknown) => {
              throw error instanceof ProviderError && error.performed === "no" ? notPerformed(error.message) : error;
            });
            return answer.kind === "ok" ? { kind: "ok", value: answer.charge.id } : { kind: "declined", value: answer.kind };
          },
          ask: async ({ key, signal }) => {
            const found = await findCharge({ url, key, signal });
            if (found.kind === "processing") throw new Error("It is still being processed.");
            if (found.kind === "absent") return { kind: "absent" };
            return found.record.kind === "captured" ? { kind: "ok", value: found.record.id } : { kind: "declined", value: found.record.reason };
          },
        },
      }),
      provide(post, { send: { perform: () => Promise.resolve({ kind: "ok", value: null }) } }),
    ],
  });
  await app.start();
});

after(async () => {
  await app.stop();
  const office = await createApp({ services: [], schema, database: testDatabase(), log: () => undefined });
  await office.transaction((sql) => sql.query(`drop schema "${schema}" cascade`));
  await office.stop();
  await provider.stop();
});

/** Of each call of these sales: what it came to first, and how long after its sale was published. */
async function ends(prefix: string): Promise<readonly { readonly kind: string; readonly afterMs: number }[]> {
  const rows = await app.transaction((sql) => sql.query(`
    select e.body->>'kind' as kind, (e.body->>'at')::bigint - s.occurred_at as after
    from "${schema}".entity_end e join "${schema}".log s on s.name = 'sold' and s.key = e.key where e.key like $1`, [`${prefix}-%`]));
  return rows.map((row) => ({ kind: String(row["kind"]), afterMs: Number(row["after"]) }));
}

const OUTAGES: readonly (readonly [string, FaultSwitches])[] = [
  ["down", { down: true }], ["hanging", { hang: 1, questions: true }], ["dropping", { dropAfterCharging: 1, questions: true }],
];
const SALES = 120;
const LETTERS = 40;

for (const [what, faults] of OUTAGES) {
  test(`with the bank ${what} for longer than a charge may take, each charge has an outcome by its deadline, and letters go out`, async () => {
    await provider.setFaults(faults);
    for (let number = 0; number < SALES; number += 1) {
      await app.publish(Sold({ saleId: `${what}-${number}` }));
      if (number % (SALES / LETTERS) === 0) await app.publish(Sold({ saleId: `letter about ${what}-${number}` }));
    }
    await until("the letters", async () => (await ends(`letter about ${what}`)).length === LETTERS);
    await until("the charges' outcomes", async () => (await ends(what)).length === SALES);
    const charges = await ends(what);
    const latest = Math.max(...charges.map(({ afterMs }) => afterMs));
    assert.ok(latest <= DEADLINE_MS + SLACK_MS, `the last outcome came ${latest} ms after its sale`);
    assert.ok(charges.every(({ kind }) => kind === "notPerformed" || kind === "unknown"), "nothing was charged that we know of");
    const letters = await ends(`letter about ${what}`);
    assert.deepEqual(new Set(letters.map(({ kind }) => kind)), new Set(["ok"]));
    // What is unknown past its deadline waits for a person; the breaker lets the next charge through once the bank is back.
    await provider.setFaults({});
    await until("a charge after the outage", async () => {
      await app.publish(Sold({ saleId: `after ${what}-${Date.now()}` }));
      await new Promise((resolve) => setTimeout(resolve, 500));
      return (await ends(`after ${what}`)).some(({ kind }) => kind === "ok");
    });
  });
}
