// A store whose every wait has a name: the same store, and a list of what it has not answered yet. One place for all of them, since whatever
// core waits for in a store passes here. It changes no call, no answer and no order.
import type { Host } from "../spi/host.ts";
import type { Commit, SqlSession, Store } from "../spi/store.ts";
import { NO_LIMIT_MS, Waits } from "../spi/waits.ts";

const UNBOUNDED = { limitMs: NO_LIMIT_MS };

export interface WatchedStore {
  readonly store: Store;
  readonly waits: Waits;
  /** When the store last told who is alive, by the host's clock: without that this process can neither take nor keep partitions. */
  readonly rosterAt: () => number | null;
}

export function watchedStore(store: Store, host: Host): WatchedStore {
  const waits = new Waits(() => host.elapsed());
  let rosterAt: number | null = null;
  const named: Store = {
    // Migrations grow with the data, and so does housekeeping: their callers know that they wait.
    prepare: (manifest) => waits.during("store", "prepare", store.prepare(manifest), UNBOUNDED),
    maintain: () => waits.during("store", "maintenance", store.maintain(), UNBOUNDED),
    close: () => waits.during("store", "close", store.close()),

    publish: (calls) => waits.during("flush", calls[0]?.messages[0]?.name ?? "timers", store.publish(calls), { detail: () => `${String(calls.length)} publishes` }),
    read: (request) => waits.during("read", request.group, store.read(request)),
    load: (documents) => waits.during("load", documents[0]?.entity ?? "nothing", store.load(documents), { detail: () => `${String(documents.length)} documents` }),
    transaction: (work) => watchedTransaction(store, waits, work),
    handled: (group, place) => waits.during("read", `progress of ${group}`, store.handled(group, place)),
    onHint: (listener) => store.onHint(listener),
    hintsArrive: () => store.hintsArrive?.() ?? true,
    waits: (generalMs) => store.waits?.(generalMs) ?? [],
    tails: () => waits.during("read", "the ends of the log", store.tails()),
    hint: (hint) => { store.hint(hint); },

    join: (worker) => waits.during("lease", "join", store.join(worker)),
    roster: () => {
      const looking = waits.during("lease", "roster", store.roster());
      looking.then(() => { rosterAt = host.elapsed(); }, () => undefined);
      return looking;
    },
    acquire: (request) => waits.during("lease", `acquire ${request.group}`, store.acquire(request)),
    release: (request) => waits.during("lease", `release ${request.group}`, store.release(request)),
    commit: (commit) => waits.during(kindOf(commit), commit.group, store.commit(commit), { detail: () => sizeOf(commit) }),
    mark: (request) => waits.during("commit", `mark of ${request.group}`, store.mark(request)),
    readRevivals: (request) => waits.during("read", `revivals of ${request.group}`, store.readRevivals(request)),
    gather: (request) => waits.during("lease", `gather ${request.group}`, store.gather(request)),

    readCalls: (request) => waits.during("read", `calls of ${request.group}`, store.readCalls(request)),
    readTimers: (request) => waits.during("timers", "due", store.readTimers(request)),
    readParked: (request) => waits.during("read", `parked keys of ${request.group}`, store.readParked(request)),

    readCallControls: (request) => waits.during("read", `requests about calls of ${request.group}`, store.readCallControls(request)),

    changeBreaker: (change) => waits.during("store", `breaker of ${change.operation}`, store.changeBreaker(change)),
    listBreakers: () => waits.during("store", "breakers", store.listBreakers()),
    resetBreaker: (reset) => waits.during("store", `breaker of ${reset.operation}`, store.resetBreaker(reset)),
    breakerResets: (filter) => waits.during("store", "resets of breakers", store.breakerResets(filter)),

    listCalls: (filter) => waits.during("store", "calls", store.listCalls(filter)),
    requestCallControl: (request) => waits.during("store", "operators' requests", store.requestCallControl(request)),
    callControls: (filter) => waits.during("store", "operators' requests", store.callControls(filter)),
    listParked: (filter) => waits.during("store", "dead letters", store.listParked(filter)),
    requestControl: (requests) => waits.during("store", "operators' requests", store.requestControl(requests)),
    applyControls: (request) => waits.during("commit", `operators' requests for ${request.group}`, store.applyControls(request)),
    controls: (filter) => waits.during("store", "operators' requests", store.controls(filter)),
    summary: () => waits.during("store", "summary", store.summary()),
  };
  return { store: named, waits, rosterAt: () => rosterAt };
}

function kindOf(commit: Commit): "commit" | "timers" {
  return commit.firedTimers.length > 0 ? "timers" : "commit";
}

function sizeOf({ progress, messages, documents, callUpdates, firedTimers, park }: Commit): string {
  const parts: readonly (readonly [number, string])[] = [
    [progress.length, "partitions"], [documents.length, "documents"], [messages.length, "messages"], [callUpdates.length, "calls"],
    [firedTimers.length, "timers"], [park.length, "parked messages"],
  ];
  return parts.filter(([count]) => count > 0).map(([count, what]) => `${String(count)} ${what}`).join(", ");
}

/**
 * A user's transaction waits for a connection, then runs the user's code, which has the limit after each of its statements, and then
 * commits. A statement takes as long as it takes, up to the limit of the store.
 */
function watchedTransaction<T>(store: Store, waits: Waits, work: Parameters<typeof store.transaction<T>>[0]): ReturnType<typeof store.transaction<T>> {
  let node = waits.begin("transaction", "begin");
  const next = (of: string): void => {
    waits.end(node);
    node = waits.begin("transaction", of);
  };
  let underWay = 0;
  const running = store.transaction<T>(async (sql) => {
    next("work");
    const loan = node;
    const session: SqlSession = {
      query: async (text, values) => {
        underWay++;
        loan.busy = true;
        try {
          return await waits.during("transaction", "statement", sql.query(text, values), { ...UNBOUNDED, detail: () => text.slice(0, 200) });
        } finally {
          if (--underWay === 0) waits.answered(loan);
        }
      },
    };
    try {
      return await work(session);
    } finally {
      next("commit");
    }
  });
  const end = (): void => { waits.end(node); };
  running.then(end, end);
  return running;
}
