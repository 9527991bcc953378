// A store whose times have always come: timers are due when they are set, and calls pass their deadlines in the script's order or never, so
// that what moves next is the script's to say. It also remembers what passes through it and no interface lists: which documents and keys there are, and how
// often a message was appended. Everything else is the store's own doing.
import { documentId, type DocumentRef, type NewCall } from "@evenkeel/core/engine";
import type { Envelope, NewTimer, Store } from "@evenkeel/core/spi";

/** 3,000 years: longer than any replay, and short enough for every store's dates. */
const FAR_MS = 1e14;
const FIRST_MS = 1e6;

export interface Passed {
  /** By their ids. */
  readonly documents: ReadonlyMap<string, DocumentRef>;
  readonly appended: readonly Envelope[];
  /** The routing key under which a call was first requested, by `idOfEffect`. */
  readonly requested: ReadonlyMap<string, string>;
  /** Up to where each partition is done, by group. */
  readonly positions: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** @param expires the how manieth call of the script this is to pass its deadline, from 0; -1: it never does. */
export function watchedStore(store: Store, expires: (call: NewCall) => number): { readonly store: Store; readonly passed: Passed } {
  const documents = new Map<string, DocumentRef>();
  const appended: Envelope[] = [];
  const positions = new Map<string, Map<number, number>>();
  const requested = new Map<string, string>();
  const passed: Passed = { documents, appended, requested, positions };
  const watched: Store = {
    ...store,
    publish: async (calls) => {
      const results = await store.publish(calls.map((call) => ({ ...call, timers: call.timers.map(due) })));
      for (const [index, result] of results.entries()) if (result.kind === "published") appended.push(...(calls[index]?.messages ?? []));
      return results;
    },
    commit: async (commit) => {
      const result = await store.commit({
        ...commit, timers: commit.timers.map(due),
        calls: commit.calls.map((call) => ({ ...call, deadlineMs: deadlineOf(expires(call)) })),
      });
      if (result.kind !== "committed") return result;
      for (const { entity, tenant, key } of commit.documents) documents.set(documentId(entity, tenant, key), { entity, tenant, key });
      appended.push(...commit.messages, ...commit.callUpdates.flatMap(({ outcome }) => outcome ?? []), ...commit.firedTimers.map(({ message }) => message));
      for (const call of commit.calls) {
        const id = idOfEffect(call.operation, call.tenant, call.callKey);
        if (!requested.has(id)) requested.set(id, call.routingKey);
      }
      const reached = positions.get(commit.group) ?? new Map<number, number>();
      positions.set(commit.group, reached);
      for (const { partition, to } of commit.progress) reached.set(partition, to);
      return result;
    },
  };
  return { store: watched, passed };
}

/** What a provider keeps an effect under. */
export function idOfEffect(operation: string, tenant: string, key: string): string {
  return `${operation}\u0000${tenant}\u0000${key}`;
}

/** So far apart that a later one is still to come when all before it have passed, whenever each was requested. */
function deadlineOf(place: number): number {
  return place < 0 ? FAR_MS : Math.min(FAR_MS, FIRST_MS * 4 ** place);
}

function due(timer: NewTimer): NewTimer {
  return { ...timer, when: { kind: "after", delayMs: 0 } };
}
