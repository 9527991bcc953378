// pinned: one service under a mixed load. Every message changes one of 10,000 documents, every tenth requests a call (its provider takes
// 20 ms), every tenth sets a timer of one to five seconds.
import pg from "pg";
import { z } from "zod";
import { createApp, entity, event, port, provide, service } from "evenkeel";
import { traits } from "./app.ts";
import { Committed } from "./committed.ts";
import type { Context, PinnedPlan, PinnedTask } from "../../harness/contract.ts";

const keys = 10_000;

const Moved = event("bench.moved", {
  key: (moved) => moved.account,
  data: z.object({ id: z.number(), account: z.string(), at: z.number(), note: z.string() }),
});
const Reminded = event("bench.reminded", { key: (one) => one.account, data: z.object({ account: z.string() }) });
const Account = entity("account", { data: z.object({ moves: z.number(), answers: z.number(), reminders: z.number() }) });
const bank = port("bank", { tell: { input: z.object({ id: z.number() }), ok: z.object({}), concurrency: 64, reconcile: "repeat" } });
const empty = { moves: 0, answers: 0, reminders: 0 };

function accounts(ran: (id: string, at: number | null) => void) {
  return service("accounts", { entities: { account: Account }, ports: { bank }, emits: [Reminded] })
    .on(Moved, async (moved, { account, call, schedule, message }) => {
      ran(message.id, moved.at);
      const soFar = (await account.get(moved.account)) ?? empty;
      account.put(moved.account, { ...soFar, moves: soFar.moves + 1 });
      if (moved.id % 10 === 3) call(bank.tell, { key: String(moved.id), input: { id: moved.id } });
      if (moved.id % 10 === 7) schedule(Reminded({ account: moved.account }), { afterMs: 1_000 + (moved.id % 4_001) });
    })
    .on(Reminded, async ({ account: key }, { account, message }) => {
      ran(message.id, null);
      const soFar = (await account.get(key)) ?? empty;
      account.put(key, { ...soFar, reminders: soFar.reminders + 1 });
    })
    .outcome(bank.tell, {
      ok: (_, { message }) => { ran(message.id, null); },
      notPerformed: (_, { message }) => { ran(message.id, null); },
      unknown: (_, { message, reconcile }) => { ran(message.id, null); reconcile(); },
    });
}

function open(context: Context, retention: Partial<PinnedPlan>, ran: (id: string, at: number | null) => void) {
  const provided = provide(bank, {
    tell: {
      perform: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { kind: "ok", value: {} };
      },
    },
  });
  return createApp({ services: [accounts(ran)], accepts: [Moved], ports: [provided], database: context.url, retention });
}

const kinds = ["log", "progress", "call", "timer", "door", "entity"];

export const pinned: PinnedTask = {
  traits: { ...traits, settings: "defaults but for retention; ten thousand documents, 64 calls at once" },
  readLog: "select count(*) from evenkeel.log",
  async prepare(context, plan) {
    await (await open(context, plan ?? {}, () => undefined)).stop();
  },
  async publisher(context, retention) {
    // Whoever starts creates segments that are missing: the length is the same everywhere.
    const app = await createApp({ services: [], accepts: [Moved], database: context.url, retention });
    return {
      async publish({ first, count }, at) {
        await app.publishAll(Array.from({ length: count }, (_, index) => {
          const { id, note } = context.payload(first + index);
          // Spreads consecutive numbers over the documents.
          return Moved({ id, note, at, account: `account-${(Math.imul(id, 2654435761) >>> 0) % keys}` });
        }));
      },
      close: async () => { await app.stop(); },
    };
  },
  async work(context, plan, handled) {
    let committed: Committed<number> | null = null;
    const app = await open(context, plan, (id, at) => committed?.run(id, at));
    committed = new Committed(() => app.stats.groups["accounts"]?.messages ?? 0, handled);
    await app.start();
    return {
      async stop() {
        await app.stop();
        committed?.stop();
      },
    };
  },
  async sizes(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    return {
      async read() {
        const { rows } = await client.query<{ kind: string; bytes: string }>(
          `select split_part(c.relname, '_', 1) as kind, sum(pg_total_relation_size(c.oid)) as bytes
           from pg_class c where c.relnamespace = 'evenkeel'::regnamespace and c.relkind = 'r' group by 1`);
        return Object.fromEntries(rows.filter((row) => kinds.includes(row.kind)).map((row) => [row.kind, Number(row.bytes)]));
      },
      close: () => client.end(),
    };
  },
};
