// Turns: what a handler of the platform's own begins and ends later is watched to its end, as any handler is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { EvenkeelError } from "../errors.ts";
import type { Decision } from "../message/changes.ts";
import { event } from "../message/definition.ts";
import type { Message } from "../message/envelope.ts";
import { decideBatch, type BatchItem } from "./batch.ts";
import { decide, type Decider, type Watched } from "./decide.ts";
import { DocumentCache } from "./document-cache.ts";
import { routesOf } from "./routes.ts";
import { service, type AnyHandler, type AnyService } from "./service.ts";
import { Turn } from "./turn.ts";

const Came = event("came", { key: ({ id }) => id, data: z.object({ id: z.string() }) });

/** A service whose handler ends its turns so, and a watchdog that finds everything too late as soon as it is asked. */
function scene(end: (id: string) => void | Promise<void>) {
  const handler: AnyHandler = ({ id }: { readonly id: string }) => new Turn(() => end(id));
  const bare = service("turns");
  const turns: AnyService = { ...bare, routes: [{ kind: "message", definition: Came, handler }] };
  const watched = new Set<Watched>();
  const decider: Decider = {
    service: turns, routes: routesOf(turns),
    settings: { partitions: 1, limits: { maxBodyLength: 1_000, onLargeBody: () => undefined }, now: 0, settled: () => new Promise((resolve) => { setImmediate(resolve); }) },
    watchdog: {
      watch: (recorder, stall) => {
        const one = { recorder, stall, since: 0, quietSince: 0 };
        watched.add(one);
        return one;
      },
      unwatch: (one) => { watched.delete(one); },
    },
  };
  const until = async (isReached: () => boolean): Promise<void> => { while (!isReached()) await new Promise((resolve) => { setImmediate(resolve); }); };
  return {
    decider, watched,
    /** Gives up what is under way, once something is. */
    stall: async () => { await until(() => watched.size > 0); for (const one of watched) { watched.delete(one); one.stall(); } },
  };
}

let position = 0;
function message(id: string): Message {
  return {
    id: `message-${String(++position)}`, name: "came", version: 1, tenant: "default", key: id, partition: 0, position, body: JSON.stringify({ id }),
    causationId: null, correlationId: "c", trace: null, occurredAt: 0,
  };
}

const NONE = { read: () => { throw new Error("nothing is read here"); } };
const ports = () => ({ cache: new DocumentCache(1_000), load: () => Promise.resolve([]), soon: (task: () => void) => { setImmediate(task); } });
const codeOf = (decision: Decision | undefined): string | undefined => decision?.kind === "failed" ? decision.failure.code : decision?.kind;

test("A turn whose end never comes is given up by the watchdog, and its message fails as a handler's that hangs does", async () => {
  const { decider, watched, stall } = scene(() => new Promise(() => undefined));
  const decision = decide(decider, message("a"), NONE);
  await stall();
  assert.equal(codeOf(await decision), "HANDLER_STALLED");
  assert.equal(watched.size, 0);
});

test("In a batch the messages beside a turn whose end never comes are decided", async () => {
  const { decider, stall } = scene((id) => id === "hangs" ? new Promise(() => undefined) : undefined);
  const items: BatchItem[] = ["before", "hangs", "behind"].map((id) => ({ message: message(id), plan: { kind: "run" } }));
  const result = decideBatch(decider, items, ports());
  await stall();
  assert.deepEqual((await result).decisions.map(codeOf), ["changes", "HANDLER_STALLED", "changes"]);
});

test("A turn that needs more microtasks is watched while it does, and no longer; one that throws fails", async () => {
  const seen: number[] = [];
  const { decider, watched } = scene(async (id) => {
    await Promise.resolve();
    seen.push(watched.size);
    if (id === "throws") throw new EvenkeelError("INTERNAL", "no");
  });
  assert.equal(codeOf(await decide(decider, message("a"), NONE)), "changes");
  assert.equal(codeOf(await decide(decider, message("throws"), NONE)), "INTERNAL");
  assert.deepEqual([seen, watched.size], [[1, 1], 0]);
});
