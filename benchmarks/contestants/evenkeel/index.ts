// Evenkeel as a contestant: its public API, its defaults.
import { createApp, service, type App } from "evenkeel";
import pg from "pg";
import { FoldEvent, Job, migrate, open, produce, Total, traits, worker } from "./app.ts";
import { commitdelay } from "./commitdelay.ts";
import { hotkey } from "./hotkey.ts";
import { kill } from "./kill.ts";
import { pinned } from "./pinned.ts";
import { policy } from "./policy.ts";
import { sleepers } from "./sleepers.ts";
import { workflowkill } from "./workflowkill.ts";
import { workflows } from "./workflows.ts";
import { lag } from "./tables.ts";
import type { Contestant, FanoutTask, FoldTask, LatencyTask, QueueTask } from "../../harness/contract.ts";

const queue: QueueTask = {
  traits,
  prepare: (context) => migrate(context),
  produce,
  async work(context, handle) {
    const app = await open(context, [worker(handle)]);
    await app.start();
    return { stop: async () => { await app.stop(); } };
  },
  pending: lag,
};

let appending: Promise<App<[typeof FoldEvent]>> | null = null;

const fold: FoldTask = {
  traits: { ...traits, settings: "defaults; each event read and written through the entity in its handler" },
  async prepare(context) {
    const app = await createApp({ services: [folding()], accepts: [FoldEvent], database: context.url });
    await app.stop();
  },
  async appender(context) {
    // One application per process, as anywhere: its appenders' publishes travel together.
    appending ??= createApp({ services: [], accepts: [FoldEvent], database: context.url });
    const app = await appending;
    return {
      append: async (events) => { await app.publishAll(events.map((one) => FoldEvent({ key: one.key, amount: one.amount }))); },
      close: async () => { await app.stop(); },
    };
  },
  async work(context, folded) {
    const app = await createApp({ services: [folding()], accepts: [FoldEvent], database: context.url });
    await app.start();
    let told = 0;
    const timer = setInterval(() => {
      const done = app.stats.groups["folding"]?.messages ?? 0;
      if (done > told) { folded(done - told); told = done; }
    }, 5);
    return { stop: async () => { clearInterval(timer); await app.stop(); } };
  },
  async totals(context) {
    const client = new pg.Client({ connectionString: context.url });
    await client.connect();
    const { rows } = await client.query<{ key: string; count: string; total: string }>("select key, body->>'count' as count, body->>'total' as total from evenkeel.entity_total");
    await client.end();
    return rows.map((row) => ({ key: row.key, count: Number(row.count), total: Number(row.total) }));
  },
};

function folding() {
  return service("folding", { entities: { total: Total } }).on(FoldEvent, async ({ key, amount }, { total }) => {
    const soFar = (await total.get(key)) ?? { count: 0, total: 0 };
    total.put(key, { count: soFar.count + 1, total: soFar.total + amount });
  });
}

const fanout: FanoutTask = {
  traits,
  prepare: (context) => migrate(context, ["group-0", "group-1", "group-2", "group-3", "group-4"]),
  produce: (context, range) => produce(context, range),
  async work(context, groups, handle) {
    const app = await open(context, groups.map((group, index) => worker((payload) => handle(group, payload), `group-${String(index)}`)));
    await app.start();
    return { stop: async () => { await app.stop(); } };
  },
  pending: lag,
};

const latency: LatencyTask = {
  traits,
  prepare: (context) => migrate(context),
  async publisher(context) {
    const app = await open(context, []);
    return {
      publish: async (payload) => { await app.publish(Job(payload)); },
      close: async () => { await app.stop(); },
    };
  },
  async work(context, handle) {
    const app = await open(context, [worker(handle)]);
    await app.start();
    return { stop: async () => { await app.stop(); } };
  },
};

const contestant: Contestant = { name: "evenkeel", drain: queue, together: queue, fold, fanout, latency, kill, pinned, hotkey, commitdelay, policy, workflows, workflowkill, sleepers,
  marketplace: { traits: { ...traits, settings: "the example's own command, with its defaults" } },
};
export default contestant;
