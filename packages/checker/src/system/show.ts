// A world as plain data for people: only what is there.
import type { Looked } from "./look.ts";

export function showWorld(looked: Looked): unknown {
  const place = (tenant: string, key: string): string => (tenant === "default" ? key : `${tenant}/${key}`);
  const documents: Record<string, Record<string, unknown>> = {};
  for (const { entity, tenant, key, body } of looked.documents) (documents[entity] ??= {})[place(tenant, key)] = JSON.parse(body);
  const queues = looked.queues.map(({ group, tenant, key, messages, parked }) => {
    const waits = parked === null ? {} : { parked: `${parked.isDead ? "dead" : "waiting"} after ${String(parked.attempts)}: ${parked.code}` };
    return { service: group, key: place(tenant, key), messages: messages.map((one) => one.name), ...waits };
  });
  const calls = looked.calls.flatMap(({ group, rows }) => rows.map(({ call, state, isCrashed }) => ({
    service: group, operation: call.operation, key: place(call.tenant, call.callKey), state, ...(isCrashed ? { workerDied: true } : {}),
  })));
  const provider = looked.effects.map(({ operation, tenant, key, applied, answer, late }) =>
    ({ operation, key: place(tenant, key), applied, answer: answer?.name ?? null, ...(late !== "no" ? { onItsWay: true } : {}) }));
  const timers = looked.timers.map(({ name, tenant, key }) => ({ message: name, key: place(tenant, key) }));
  const parts = { queues, calls, provider, timers };
  return { documents, ...Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0)) };
}
