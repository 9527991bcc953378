// A world as plain data for people: only what is there, each thing under a name of its own, so that what a step changed can be told.
import type { Looked } from "./look.ts";

export function showWorld({ documents, queues, calls, effects, timers }: Looked): unknown {
  const place = (tenant: string, key: string): string => (tenant === "default" ? key : `${tenant}/${key}`);
  const byEntity: Record<string, Record<string, unknown>> = {};
  for (const { entity, tenant, key, body } of documents) (byEntity[entity] ??= {})[place(tenant, key)] = JSON.parse(body);
  const waiting = queues.map(({ group, tenant, key, messages, parked }) => {
    const parts = messages.map((one, index) => (index === 0 && parked !== null ? `${one.name} (${stateOf(parked)})` : one.name));
    return [`${group} ${place(tenant, key)}`, parts.join(", ")] as const;
  });
  const open = calls.flatMap(({ rows }) => rows.map(({ call, state, isCrashed }) =>
    [`${call.operation} ${place(call.tenant, call.callKey)}`, `${state}${isCrashed ? ", its worker has died" : ""}`] as const));
  const provider = effects.map(({ operation, tenant, key, applied, answer, late }) => {
    const times = applied === 0 ? "no effect" : `took effect ${applied === 1 ? "once" : `${String(applied)} times`}`;
    return [`${operation} ${place(tenant, key)}`, [times, ...(answer === null ? [] : [`answers ${answer.name}`]), ...(late !== "no" ? ["a request is on its way"] : [])].join(", ")] as const;
  });
  const armed = timers.map(({ name, tenant, key }) => [`${name} ${place(tenant, key)}`, "armed"] as const);
  const parts = { documents: Object.entries(byEntity), waiting, calls: open, provider, timers: armed };
  return Object.fromEntries(Object.entries(parts).filter(([, entries]) => entries.length > 0).map(([part, entries]) => [part, Object.fromEntries(entries)]));
}

function stateOf({ isDead, attempts, code }: { readonly isDead: boolean; readonly attempts: number; readonly code: string }): string {
  return isDead ? `dead letter: ${code}` : `failed ${String(attempts)} times: ${code}`;
}
