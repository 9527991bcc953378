// The single moves of a replay: one message handled, one attempt ended, one timer fired, one arrival. Each finds what it moves by names, and
// says why where there is nothing to be moved. In which order they come is said elsewhere.
import { derivedId, encode } from "@evenkeel/core/engine";
import type { Envelope } from "@evenkeel/core";
import { SYSTEM_GROUPS } from "@evenkeel/core/spi";
import type { Attempt } from "./call-desk.ts";
import type { ScriptedCall, ScriptedMessage } from "./script.ts";
import { serve } from "./serve.ts";
import { WORKER, type Group, type Stage } from "./stage.ts";
import { arrivalOf, arrivalsOf, DEFAULT_TENANT, invalid, type ReplayedSystem } from "./subject.ts";

/** Why a step cannot happen; null: it has happened. */
export type Missed = string | null;

/** Called after each single move. */
export type Moved = () => Promise<void>;

const LIMITS = { maxBodyLength: 262_144, onLargeBody: () => undefined };

export async function arrive(stage: Stage, message: Omit<Envelope, "partition">, stimulus: number, number: number): Promise<void> {
  const isHandled = [...stage.groups.values()].some(({ names }) => names.includes(message.name));
  if (!isHandled) throw invalid(`The replay publishes '${message.name}', and no service of the scenario handles it.`);
  // What is published today under an idempotency key is absorbed today, whatever it was when the script was written.
  const { arrivals } = arrivalsOf(stage.system.when[stimulus]);
  const keyed = arrivals.find((one) => one.message.name === message.name && one.tenant === message.tenant)?.idempotencyKey ?? null;
  await publish(stage, message, keyed ?? `~${String(number)}`);
}

async function publish(stage: Stage, message: Omit<Envelope, "partition">, doorKey: string): Promise<void> {
  const { tenant, key, body } = message;
  const placed = { ...message, partition: stage.partitionOf(tenant, key) };
  const [result] = await stage.store.publish([{ tenant, doorKey, digest: body, messages: [placed], timers: [] }]);
  if (result?.kind === "published" || result?.kind === "repeated") return;
  throw invalid(`Publishing '${message.name}' ended as '${result?.kind ?? "nothing"}': another message was published under its idempotency key.`);
}

export async function arriveGiven(stage: Stage, entry: NonNullable<ReplayedSystem["given"]>[number], number: number): Promise<void> {
  const { message: { definition, data }, tenant, idempotencyKey } = arrivalOf(entry);
  const origin = { id: derivedId(`given ${String(number)}`), tenant, causationId: null, correlationId: `given ${String(number)}`, trace: null, occurredAt: stage.host.now() };
  await publish(stage, encode(definition, data, origin, stage.partitions, LIMITS), idempotencyKey ?? `~given ${String(number)}`);
}

/** The message is handled, and before it whatever stands before it in its line. */
export async function handle(
  stage: Stage, of: { readonly service: string; readonly version: number; readonly message: ScriptedMessage }, moved: Moved,
): Promise<Missed> {
  const group = stage.group(of.service);
  const { name, key, tenant = DEFAULT_TENANT } = of.message;
  const wanted = (await stage.line(group.name, tenant, key))?.messages.find((one) => one.name === name);
  if (wanted === undefined) return `'${of.service}' has no '${name}' of the key '${key}' to handle`;
  for (;;) {
    const line = await stage.line(group.name, tenant, key);
    const head = line?.messages[0];
    if (line === null || head === undefined) return null;
    if (line.parked?.state === "dead") return `the key '${key}' waits for a person in '${of.service}'`;
    const served = await serve(stage, group, group.definitions[of.version], line, false);
    await moved();
    if (served === wanted.id) return null;
    const after = await stage.line(group.name, tenant, key);
    if (served === head.id && after?.messages[0]?.id === head.id) return `'${head.name}' of the key '${key}' stands before it and fails`;
  }
}

/** The first message of its key kills every worker, and becomes a dead letter. */
export async function kill(stage: Stage, service: string, message: ScriptedMessage, moved: Moved): Promise<Missed> {
  const group = stage.group(service);
  for (;;) {
    const line = await stage.line(group.name, message.tenant ?? DEFAULT_TENANT, message.key);
    const head = line?.messages[0];
    if (line === null || head?.name !== message.name) return `'${service}' has no '${message.name}' at the head of the key '${message.key}'`;
    if (line.parked?.state === "dead") return `the key '${message.key}' waits for a person in '${service}'`;
    const served = await serve(stage, group, undefined, line, true);
    await moved();
    if (served === head.id) return null;
  }
}

/** An operator has the dead letter of a key tried again. */
export async function redrive(stage: Stage, service: string, message: ScriptedMessage, moved: Moved): Promise<Missed> {
  const { name: group, fences } = stage.group(service);
  const { key, tenant = DEFAULT_TENANT } = message;
  const line = await stage.line(group, tenant, key);
  const head = line?.messages[0];
  if (head === undefined || line?.parked?.state !== "dead") return `'${service}' has no dead letter of the key '${key}'`;
  const partition = stage.partitionOf(tenant, key);
  await stage.store.requestControl([{ group, partition, tenant, key, position: head.position, action: "redrive", body: null, actor: "replay", note: "" }]);
  const applied = await stage.store.applyControls({ group, worker: WORKER, fences: [...fences.values()].filter((one) => one.partition === partition) });
  if (applied[0]?.applied !== true) throw new Error(`The dead letter of '${key}' in '${service}' could not be redriven.`);
  await moved();
  return null;
}

/** An attempt of the call ends; before it the calls of its routing key that stand before it, where these go in order. */
export async function attempt(stage: Stage, called: ScriptedCall, how: "ends" | "dies" | "gives up", end: string | null, moved: Moved): Promise<Missed> {
  const { service, operation, key, tenant = DEFAULT_TENANT } = called;
  const group = stage.group(service);
  const { calls } = await stage.store.readCalls({ group: group.name, partitions: [...group.fences.keys()], after: 0, limit: 10_000 });
  const row = calls.find((one) => one.operation === operation && one.callKey === key && one.tenant === tenant);
  const missing = `'${service}' has no call of '${operation}' under the key '${key}' to be performed`;
  if (row === undefined) return missing;
  const isOf = (one: Attempt): boolean => one.call.id === row.id;
  for (;;) {
    const begun = group.calls.attempts.find(isOf);
    if (begun !== undefined) {
      if (how === "gives up") {
        if (begun.kind !== "ask") return `'${operation}' under the key '${key}' is performed, and not asked for`;
        await group.calls.giveUp(begun);
      } else {
        if (end !== null && begun.kind === "perform") stage.provider.script({ operation, tenant, key }, end);
        await endAttempt(stage, group, begun, how === "dies");
      }
      await moved();
      return null;
    }
    const before = group.calls.attempts.find(({ call }) => call.routingKey === row.routingKey && call.tenant === tenant && call.sequence < row.sequence);
    if (before === undefined) return missing;
    await endAttempt(stage, group, before, false);
    await moved();
  }
}

async function endAttempt(stage: Stage, group: Group, begun: Attempt, dies: boolean): Promise<void> {
  if (!dies) return group.calls.end(begun);
  await group.calls.endUnheard(begun);
  await stage.own(group.name, [begun.call.partition]);
}

/** A timer fires that is armed with this message, or (null) any. */
export async function fire(stage: Stage, message: (ScriptedMessage & { readonly body?: string }) | null, moved: Moved): Promise<Missed> {
  const armed = (await stage.timers()).filter(({ message: one }) =>
    message === null || (one.name === message.name && one.key === message.key && one.tenant === (message.tenant ?? DEFAULT_TENANT)));
  const timer = armed.find(({ message: one }) => one.body === message?.body) ?? armed[0];
  if (timer === undefined) return `no timer is armed with '${message?.name ?? "anything"}' of the key '${message?.key ?? ""}'`;
  const [group = ""] = SYSTEM_GROUPS;
  const fences = await stage.store.acquire({ worker: WORKER, group, partitions: [timer.message.partition] });
  const result = await stage.store.commit({
    group, worker: WORKER, fences: fences.map(({ partition, epoch }) => ({ partition, epoch })), progress: [], documents: [], messages: [], calls: [],
    callUpdates: [], timers: [], cancelledTimers: [], firedTimers: [timer], sql: [], park: [], unpark: [], retries: [],
  });
  if (result.kind !== "committed") throw new Error(`Firing a timer ended as '${result.kind}'.`);
  await moved();
  return null;
}

/** Whatever may move next of itself; false: nothing can. */
export async function anything(stage: Stage, withTimers: boolean, moved: Moved): Promise<boolean> {
  const line = (await stage.lines()).find(({ parked }) => parked?.state !== "dead");
  if (line !== undefined) {
    const group = stage.group(line.group);
    await serve(stage, group, undefined, line, false);
    await moved();
    return true;
  }
  for (const group of stage.groups.values()) {
    const [begun] = group.calls.attempts;
    if (begun === undefined) continue;
    await endAttempt(stage, group, begun, false);
    await moved();
    return true;
  }
  if (!withTimers) return false;
  const late = stage.provider.effects.find((one) => one.late !== "no");
  if (late !== undefined) {
    stage.provider.land(late);
    await moved();
    return true;
  }
  return await fire(stage, null, moved) === null;
}

