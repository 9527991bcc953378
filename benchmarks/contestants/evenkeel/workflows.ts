// workflows: client and worker are one application in one process. The end of a run is seen without asking the database: the routes of the
// workflow are wrapped so that the order of its messages is known, and the public counter of committed messages, looked at every
// millisecond, tells when the outcome of a run's last step was committed, and with it the run's document.
import pg from "pg";
import { createApp, provide, type Envelope } from "evenkeel";
import { traits } from "./app.ts";
import { Committed } from "./committed.ts";
import { checkout, shop } from "./order-workflow.ts";
import type { Context, WorkflowStep, WorkflowTask } from "../../harness/contract.ts";

type Handler = (data: never, context: never) => Promise<void> | void;

/** The workflow, telling of each run of a handler. */
function watched(ran: (id: string, ended: string | null) => void): typeof checkout {
  const wrap = (handler: Handler, ends: boolean): Handler => (data, context) => {
    const { message } = context as { readonly message: Envelope };
    ran(message.id, ends ? message.key : null);
    return handler(data, context);
  };
  return {
    ...checkout,
    routes: checkout.routes.map((route) => route.kind === "message"
      ? { ...route, handler: wrap(route.handler, false) }
      : {
          ...route,
          handlers: Object.fromEntries(Object.entries(route.handlers)
            .map(([name, handler]) => [name, wrap(handler, name === "ok" && route.operation === shop.book)])),
        }),
  };
}

function open(context: Context, perform: (step: WorkflowStep, id: string) => Promise<void>, ran: (id: string, ended: string | null) => void) {
  const step = (name: WorkflowStep) => ({
    perform: async ({ input }: { readonly input: { readonly id: string } }) => {
      await perform(name, input.id);
      return { kind: "ok", value: {} } as const;
    },
  });
  const never = { perform: (): never => { throw new Error("no run is undone here"); } };
  const provided = provide(shop, { reserve: step("reserve"), release: never, charge: step("charge"), refund: never, book: step("book") });
  return createApp({ services: [watched(ran)], accepts: [checkout.start], ports: [provided], database: context.url });
}

/** Every so many ends are looked up when they are told: an end that is not durable fails the round. */
const LOOKED_UP = 100;

export const workflows: WorkflowTask = {
  traits: {
    ...traits,
    settings: "defaults; 500 calls of an operation at once; the end is seen by the counter of committed messages, every ms, and each hundredth is looked up",
    guarantee: "exactly once for effects in the database; steps at least once, under the same key",
  },
  definition: new URL("./order-workflow.ts", import.meta.url),
  async prepare(context) {
    await (await open(context, async () => undefined, () => undefined)).stop();
  },
  async open(context, perform) {
    const waiting = new Map<string, { resolve(): void; reject(error: Error): void }>();
    let committed: Committed<string> | null = null;
    const app = await open(context, perform, (id, ended) => committed?.run(id, ended));
    let ends = 0;
    const ended = async (id: string): Promise<void> => {
      const run = waiting.get(id);
      waiting.delete(id);
      if (ends++ % LOOKED_UP === 0) {
        const document = await app.read(checkout.run, id);
        if (document?.status !== "completed") run?.reject(new Error(`run ${id} was told to be over and is ${String(document?.status)}`));
      }
      run?.resolve();
    };
    committed = new Committed<string>(() => app.stats.groups["checkout"]?.messages ?? 0, (id) => void ended(id), 1);
    await app.start();
    return {
      run: (id) => ({
        ended: new Promise<void>((resolve, reject) => { waiting.set(id, { resolve, reject }); }),
        published: app.publish(checkout.start({ id, input: { id, pence: 1_250 } })),
      }),
      async stop() {
        committed?.stop();
        await app.stop();
      },
    };
  },
  async completed(context) {
    const client = new pg.Client(context.url);
    await client.connect();
    const { rows } = await client.query<{ n: string }>("select count(*) as n from evenkeel.entity_checkout_run where body->>'status' = 'completed'");
    await client.end();
    return Number(rows[0]?.n);
  },
};
