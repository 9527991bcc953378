// One message through the shipping executor: a machine that owns the partition of one key and takes batches of one, on the real store. It ends
// with the first commit that did something; the next message has a machine of its own.
import { DocumentCache, decideBatch, executor, newExecutor, type ExecutorInput, type ExecutorRequest, type Watched } from "@evenkeel/core/engine";
import type { Grant } from "@evenkeel/core/spi";
import { invalid } from "./subject.ts";
import { WORKER, type Definition, type Group, type Line, type Stage } from "./stage.ts";

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Input = DistributiveOmit<ExecutorInput, "nowMs">;
type Decide = Extract<ExecutorRequest, { kind: "decide" }>;

const LIMITS = { maxBodyLength: 262_144, onLargeBody: () => undefined };
const WHOLE = 1e9;
/** Behind what other keys of the partition wait for. */
const LATER_MS = 1e12;

/**
 * Serves the head of a line, or what stands before it in its partition.
 *
 * @param wanted the definition that handles it, where it can; else the first one that does.
 * @param kills the message kills whoever handles it: the store says that workers died of it, as it does after they have.
 * @returns the id of the message that was served.
 */
export async function serve(stage: Stage, group: Group, wanted: Definition | undefined, line: Line, kills: boolean): Promise<string> {
  const { store, host } = stage;
  const partition = stage.partitionOf(line.tenant, line.key);
  let state = newExecutor({
    group: group.name, worker: WORKER, names: group.names, maxBatch: 1, maxBatchLength: WHOLE, idleProgressMs: Number.MAX_SAFE_INTEGER, maxParkedKeys: 1,
    retry: { maxAttempts: Math.max(1, stage.system.attempts ?? DEFAULT_ATTEMPTS), baseMs: 0, maxMs: 0 },
  });
  const cache = new DocumentCache(WHOLE);
  let decided: Decide["items"] = [];
  let done: string | null = null;
  let deferred: Decide | null = null;
  // Both are set by what is requested, which control flow analysis does not follow.
  const served = (): string | null => done;
  const takeDeferred = (): Decide | null => {
    const taken = deferred;
    deferred = null;
    return taken;
  };
  const inputs: Input[] = [{ kind: "granted", grants: [await grantOf(stage, group, partition, line, kills)] }];
  for (let input = inputs.shift(); input !== undefined && served() === null; input = inputs.shift()) {
    const step = executor(state, { ...input, nowMs: host.elapsed() });
    state = step.state;
    for (const request of step.requests) {
      const answer = await perform(request);
      if (answer !== null) inputs.push(answer);
    }
    const waiting = inputs.length > 0 || served() !== null ? null : takeDeferred();
    const next = waiting === null ? null : await perform(waiting);
    if (next !== null) inputs.push(next);
  }
  const id = served();
  if (id === null) throw new Error(`The executor of '${group.name}' took nothing for the key '${line.key}': this is a defect of the replay.`);
  return id;

  async function perform(request: ExecutorRequest): Promise<Input | null> {
    switch (request.kind) {
      case "read": {
        const { cursors, epochs, limit, maxLength } = request;
        return { kind: "read", cursors, epochs, result: await store.read({ group: group.name, names: group.names, cursors, limit, maxLength }) };
      }
      case "readParked": {
        const { keys, limit } = request;
        const { messages, keysRead } = await store.readParked({ group: group.name, keys, limit, maxLength: WHOLE });
        return { kind: "parkedRead", messages, keys: keys.slice(0, keysRead), limit };
      }
      case "decide": {
        // What would be decided while a batch commits waits for that: the commit may be all that is wanted.
        if (state.committing !== null) {
          deferred = request;
          return null;
        }
        decided = request.items;
        const watch = (recorder: Watched["recorder"], stall: () => void): Watched => ({ recorder, stall, since: 0, quietSince: 0 });
        const name = request.items[0]?.message.name ?? "";
        const { service, routes } = wanted?.routes.names.includes(name) === true ? wanted : handlerOf(group, name);
        const decider = {
          service, routes, watchdog: { watch, unwatch: () => undefined },
          settings: {
            partitions: stage.partitions, limits: LIMITS, now: host.now(), settled: () => new Promise<void>((resolve) => { host.soon(resolve); }),
          },
        };
        const result = await decideBatch(decider, request.items, { cache, load: (refs) => store.load(refs), soon: (task) => { host.soon(task); } });
        return { kind: "decided", batch: request.batch, decisions: result.decisions, blind: result.blind };
      }
      case "commit": {
        const result = await store.commit(request.commit);
        if (result.kind === "committed") {
          await group.calls.committed(request.answers);
          // What only queues behind a parked message was not handled.
          done = decided.find(({ plan }) => plan.kind !== "queue")?.message.id ?? null;
        } else if (result.kind === "fenced" || result.kind === "inDoubt") {
          throw new Error(`A commit of '${group.name}' ended as '${result.kind}': somebody else uses the store of the replay.`);
        }
        return { kind: "committed", batch: request.batch, result };
      }
      case "mark": return { kind: "marked", batch: request.batch, result: "marked" };
      default: return null;
    }
  }
}

const DEFAULT_ATTEMPTS = 3;

function handlerOf({ definitions, name }: Group, message: string): Definition {
  const found = definitions.find(({ routes }) => routes.names.includes(message));
  if (found === undefined) throw invalid(`No version of '${name}' handles '${message}'.`);
  return found;
}

/** The partition as its owner finds it: what is parked there, and of what workers have died. */
async function grantOf(stage: Stage, group: Group, partition: number, { tenant, key, messages }: Line, kills: boolean): Promise<Grant> {
  const heads = await stage.store.listParked({ group: group.name, limit: 10_000 });
  return {
    partition, epoch: group.fences.get(partition)?.epoch ?? 0, position: stage.position(group.name, partition), suspect: false,
    mark: kills ? messages[0]?.position ?? null : null,
    parked: heads.filter((one) => one.partition === partition).map((one) => ({
      tenant: one.tenant, key: one.key, count: one.behind + 1,
      dueInMs: one.state === "dead" ? null : one.tenant === tenant && one.key === key ? 0 : LATER_MS,
    })),
  };
}
