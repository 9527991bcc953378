// A store whose times have always come: timers are due when they are set, and calls live as long as the script lets them, so that what moves
// next is the script's to say. It also remembers what passes through it and no interface lists: which documents and keys there are, and how
// often a message was appended. Everything else is the store's own doing.
import { documentId, type DocumentRef, type NewCall } from "@evenkeel/core/engine";
import type { Envelope, NewTimer, Store } from "@evenkeel/core/spi";

/** Three years: longer than any replay, and short enough for every store's dates. */
const FAR_MS = 1e11;

export interface Passed {
  /** By their ids. */
  readonly documents: ReadonlyMap<string, DocumentRef>;
  readonly appended: readonly Envelope[];
  /** Up to where each partition is done, by group. */
  readonly positions: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** @param expires whether the script has this call pass its deadline: then it keeps its own. */
export function watchedStore(store: Store, expires: (call: NewCall) => boolean): { readonly store: Store; readonly passed: Passed } {
  const documents = new Map<string, DocumentRef>();
  const appended: Envelope[] = [];
  const positions = new Map<string, Map<number, number>>();
  const passed: Passed = { documents, appended, positions };
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
        calls: commit.calls.map((call) => (expires(call) ? call : { ...call, deadlineMs: FAR_MS })),
      });
      if (result.kind !== "committed") return result;
      for (const { entity, tenant, key } of commit.documents) documents.set(documentId(entity, tenant, key), { entity, tenant, key });
      appended.push(...commit.messages, ...commit.callUpdates.flatMap(({ outcome }) => outcome ?? []), ...commit.firedTimers.map(({ message }) => message));
      const reached = positions.get(commit.group) ?? new Map<number, number>();
      positions.set(commit.group, reached);
      for (const { partition, to } of commit.progress) reached.set(partition, to);
      return result;
    },
  };
  return { store: watched, passed };
}

function due(timer: NewTimer): NewTimer {
  return { ...timer, when: { kind: "after", delayMs: 0 } };
}
