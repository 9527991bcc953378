// The world as a scenario's properties see it, read back from the store after each step: documents by service and entity, what the provider did,
// what is under way. It changes nothing, and keeps nothing.
import type { CallRecord } from "@evenkeel/core/spi";
import type { Line, Stage } from "./stage.ts";
import { idOfEffect } from "./watched-store.ts";

export interface Seen {
  readonly state: Readonly<Record<string, unknown>>;
  /** Nothing can happen any more. */
  readonly isQuiet: boolean;
}

/** @param allArrived whether everything has arrived that must. */
export async function viewOf(stage: Stage, allArrived: boolean): Promise<Seen> {
  const { store, provider, passed, system } = stage;
  const lines = await stage.lines();
  const calls: { readonly service: string; readonly call: CallRecord }[] = [];
  for (const { name, fences } of stage.groups.values()) {
    const read = await store.readCalls({ group: name, partitions: [...fences.keys()], after: 0, limit: 10_000 });
    calls.push(...read.calls.map((call) => ({ service: name, call })));
  }
  const timers = await stage.timers();
  const isQuiet = allArrived && lines.every(({ parked }) => parked?.state === "dead") && movers(stage, calls).every(({ state }) => state === "unknown" || state === "attention")
    && timers.length === 0 && provider.effects.every(({ late }) => late === "no");
  const parked = lines.flatMap((line) => (line.parked === null ? [] : [{ ...inFlight(line, 0), ...line.parked, behind: line.messages.length - 1 }]));
  const operations = system.system.flatMap((service) => Object.values(service.ports)).flatMap((port) => Object.values(port)).map(({ name }) => name);
  return {
    isQuiet,
    state: {
      ...await documentsOf(stage),
      provider: Object.fromEntries(operations.map((operation) => [
        operation,
        provider.effects.filter((one) => one.operation === operation)
          .map(({ key, tenant, input, applied, answer }) =>
            ({ key, tenant, routingKey: passed.requested.get(idOfEffect(operation, tenant, key)) ?? "", input, applied, answer: answer?.kind ?? null })),
      ])),
      observed: Object.fromEntries((system.observe ?? []).map(({ name }) => [name, observed(passed.appended.filter((one) => one.name === name))])),
      messages: lines.flatMap((line) => line.messages.map((_, index) => inFlight(line, index))),
      parked,
      deadLetters: parked.filter(({ state }) => state === "dead"),
      calls: calls.map(({ service, call: { operation, callKey, tenant, routingKey, state, input } }) =>
        ({ service, operation, key: callKey, tenant, routingKey, state, input: parsed(input) })),
      timers: timers.map(({ message: { name, key, tenant, body } }) => ({ name, key, tenant, data: parsed(body) })),
      isQuiet,
    },
  };
}

/** Calls of one routing key move one after the other, unless their service says otherwise. */
function movers({ groups }: Stage, calls: readonly { readonly service: string; readonly call: CallRecord }[]): readonly CallRecord[] {
  const first = new Map<string, CallRecord>();
  for (const { service, call } of calls) {
    const isAlone = groups.get(service)?.calls.inOrder === false;
    const id = isAlone ? call.id : `${service}\u0000${call.tenant}\u0000${call.routingKey}`;
    const known = first.get(id);
    if (known === undefined || call.sequence < known.sequence) first.set(id, call);
  }
  return [...first.values()];
}

function inFlight({ group, messages, tenant, key }: Line, index: number): object {
  return { service: group, name: messages[index]?.name, key, tenant, data: parsed(messages[index]?.body) };
}

async function documentsOf({ store, passed, groups }: Stage): Promise<Record<string, Record<string, unknown[]>>> {
  const refs = [...passed.documents.values()];
  const loaded = refs.length === 0 ? [] : await store.load(refs);
  const byEntity = new Map<string, unknown[]>();
  for (const { entity, tenant, key, body } of loaded) {
    if (body === null) continue;
    const document = parsed(body);
    const fields = typeof document === "object" && document !== null && !Array.isArray(document) ? document : { value: document };
    byEntity.set(entity, [...(byEntity.get(entity) ?? []), { ...fields, key, tenant }]);
  }
  return Object.fromEntries([...groups.values()].map(({ name, definitions }) => [
    name,
    Object.fromEntries(definitions.flatMap(({ service: { entities } }) =>
      Object.entries(entities).map(([binding, entity]) => [binding, byEntity.get(entity.name) ?? []]))),
  ]));
}

/** Each different message once, with its number. */
function observed(appended: readonly { readonly tenant: string; readonly key: string; readonly body: string }[]): readonly object[] {
  const found = new Map<string, { readonly key: string; readonly tenant: string; readonly data: unknown; times: number }>();
  for (const { tenant, key, body } of appended) {
    const id = `${tenant}\u0000${key}\u0000${body}`;
    const known = found.get(id) ?? { key, tenant, data: parsed(body), times: 0 };
    known.times += 1;
    found.set(id, known);
  }
  return [...found.values()];
}

function parsed(body: string | undefined): unknown {
  return body === undefined ? undefined : JSON.parse(body);
}
