// A store whose statements take time on a few connections, in virtual time: what a database looks like to those who share its pool. It writes
// down when each message was appended, when the commit that handled it was made, and when each call had its first outcome.
import type { OutcomeBody } from "../../decide/routes.ts";
import { hash128 } from "../../message/hash.ts";
import type { Host } from "../../spi/host.ts";
import type { Commit, PublishCall, PublishResult, Store } from "../../spi/store.ts";

interface PooledOptions {
  readonly host: Host;
  readonly connections: number;
  /** A statement takes between these, drawn from `seed`. */
  readonly statementMs: readonly [number, number];
  readonly seed: string;
  /** Which messages are timed, and until which service has handled them. */
  readonly timed: { readonly service: string; readonly message: string };
}

/** By the host's elapsed clock. */
interface Timed { readonly appendedAt: number; readonly committedAt: number }

interface PooledStore {
  readonly store: Store;
  readonly timed: readonly Timed[];
  /** Of each call: when its commit said that it must have an outcome, and when its first one was appended. */
  readonly calls: ReadonlyMap<string, { readonly deadlineAt: number; readonly outcomeAt: number | null }>;
  /** Holds a connection while `work` lasts, as code inside a transaction does. */
  hold<T>(work: () => Promise<T>): Promise<T>;
}

export function pooledStore(inner: Store, { host, connections, statementMs: [least, most], seed, timed: { service, message } }: PooledOptions): PooledStore {
  const waiting: (() => void)[] = [];
  let lent = 0;
  let statements = 0;
  const appendedAt = new Map<string, number>();
  const timed: Timed[] = [];
  const calls = new Map<string, { deadlineAt: number; outcomeAt: number | null }>();

  async function hold<T>(work: () => Promise<T>): Promise<T> {
    if (lent < connections) lent++;
    else await new Promise<void>((resolve) => { waiting.push(resolve); });
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) lent--;
      else next();
    }
  }
  const statement = <T>(work: () => Promise<T>): Promise<T> => hold(async () => {
    const takesMs = least + (most - least) * (hash128(`${seed}/${String(statements++)}`)[0] / 2 ** 32);
    await new Promise<void>((resolve) => { host.after(takesMs, resolve); });
    return work();
  });

  function published(given: readonly PublishCall[], results: readonly PublishResult[]): void {
    for (const [index, result] of results.entries()) {
      if (result.kind !== "published" || given[index]?.messages[0]?.name !== message) continue;
      for (const { partition, position } of result.receipts) appendedAt.set(`${String(partition)}/${String(position)}`, host.elapsed());
    }
  }
  function committed(commit: Commit): void {
    const now = host.elapsed();
    for (const call of commit.calls) if (!calls.has(call.id)) calls.set(call.id, { deadlineAt: now + call.deadlineMs, outcomeAt: null });
    for (const { outcome } of commit.callUpdates) {
      const call = outcome === null ? undefined : calls.get((JSON.parse(outcome.body) as OutcomeBody).call.id);
      if (call !== undefined) call.outcomeAt ??= now;
    }
    if (commit.group !== service) return;
    for (const { partition, from, to } of commit.progress) {
      for (let position = from + 1; position <= to; position++) {
        const at = appendedAt.get(`${String(partition)}/${String(position)}`);
        if (at !== undefined) timed.push({ appendedAt: at, committedAt: now });
      }
    }
  }

  const store: Store = {
    ...inner,
    publish: (given) => statement(async () => { const results = await inner.publish(given); published(given, results); return results; }),
    commit: (given) => statement(async () => { const result = await inner.commit(given); if (result.kind === "committed") committed(given); return result; }),
    read: (request) => statement(() => inner.read(request)),
    load: (documents) => statement(() => inner.load(documents)),
    tails: () => statement(() => inner.tails()),
    roster: () => statement(() => inner.roster()),
    maintain: () => statement(() => inner.maintain()),
    readCalls: (request) => statement(() => inner.readCalls(request)),
    readRevivals: (request) => statement(() => inner.readRevivals(request)),
    readTimers: (request) => statement(() => inner.readTimers(request)),
    readParked: (request) => statement(() => inner.readParked(request)),
  };
  return { store, timed, calls, hold };
}
