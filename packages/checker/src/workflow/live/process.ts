// What one process makes of messages: with what it keeps in memory between them, as a worker does, or with nothing, so that each run is replayed from
// its journal. It commits nothing.
import type { AnyService, Envelope } from "@evenkeel/core";
import {
  decide, decideBatch, DocumentCache, Newness, PendingRead, routesOf, type Decision, type DocumentRef, type DocumentState, type RunSettings, type Watchdog,
} from "@evenkeel/core/engine";
import { LIMITS } from "../../system/plan-system.ts";

/** The documents as the store has them. */
export interface Stored { read(ref: DocumentRef): { readonly version: number; readonly body: string | null } }

/** When, and in which ownership, something is decided. */
export interface Moment { readonly now: number; readonly epoch: number }

/** Nothing here waits for anything but its reads: what does not settle is seen as a test that does not end. */
const WATCHDOG: Watchdog = { watch: (recorder, stall) => ({ recorder, stall, since: 0, quietSince: 0 }), unwatch: () => undefined };

const soon = (task: () => void): void => { setImmediate(task); };

function settingsAt({ now, epoch }: Moment): RunSettings {
  return { partitions: 1, limits: LIMITS, now, settled: () => new Promise<void>((resolve) => { soon(resolve); }), unrecorded: () => epoch };
}

/** What a message comes to where nothing is kept: its run is replayed. @param written what messages before it in its commit have written. */
export async function replayed(
  service: AnyService, message: Envelope,
  { stored, written, moment }: { readonly stored: Stored; readonly written: ReadonlyMap<string, DocumentState>; readonly moment: Moment },
): Promise<Decision> {
  const decider = { service, routes: routesOf(service), settings: settingsAt(moment), watchdog: WATCHDOG };
  return await decide(decider, message, {
    read: (ref, id) => {
      // As a worker that asks its database: the answer comes later.
      const read = new PendingRead(ref, id);
      soon(() => { read.answer(written.get(id) ?? stored.read(ref)); });
      return read;
    },
  });
}

/** A process that lives on. */
export class LivingProcess {
  readonly #service: AnyService;
  readonly #memory = {};
  readonly #newness: Newness;
  #cache: DocumentCache;
  readonly #cacheLength: number;

  /** @param sureAfter so many absent documents in a row make it presume the next one to be absent. */
  constructor(service: AnyService, cacheLength: number, sureAfter: number) {
    this.#service = service;
    this.#newness = new Newness(sureAfter);
    this.#cacheLength = cacheLength;
    this.#cache = new DocumentCache(cacheLength);
  }

  /** What was decided was not committed: it is decided again on what the store has. */
  refused(): void {
    this.#newness.doubt();
    this.forget();
  }

  /** The documents that it has at hand are gone; what else it keeps stays. */
  forget(): void {
    this.#cache = new DocumentCache(this.#cacheLength);
  }

  async decide(messages: readonly Envelope[], stored: Stored, moment: Moment): Promise<readonly Decision[]> {
    const service = this.#service;
    const settings = { ...settingsAt(moment), memory: this.#memory, newness: this.#newness };
    const decider = { service, routes: routesOf(service), settings, watchdog: WATCHDOG };
    const load = (refs: readonly DocumentRef[]) => Promise.resolve(refs.map((ref) => ({ ...ref, ...stored.read(ref) })));
    const items = messages.map((message) => ({ message, plan: { kind: "run" } as const }));
    return (await decideBatch(decider, items, { cache: this.#cache, load, soon })).decisions;
  }
}
