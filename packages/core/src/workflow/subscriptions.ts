// Where a run has asked for messages that come by another key, held against where it waits now: what is new is asked for, what is over is left. It
// follows the journal, so that whatever ends a wait (its message, its time, a cancellation, the run's end) needs no word of its own here.
import type { NewMessage } from "../message/definition.ts";
import type { KeyMessages, Signal } from "./awaited-key-messages.ts";
import type { Entry } from "./journal.ts";
import { isOpenWait, type Journal } from "./standing.ts";

interface Place { readonly request: number; readonly key: string; readonly names: readonly string[] }

interface Asker { readonly run: string; readonly generation: number; emit(made: NewMessage): void }

export class Subscriptions {
  readonly #messages: KeyMessages | null;
  readonly #by: Asker;
  #standing: ReadonlyMap<string, Place>;

  /** @param messages null: its workflow waits for nothing by another key. @param journal as the run was written down, with all that it asked for. */
  constructor(messages: KeyMessages | null, by: Asker, journal: Journal) {
    this.#messages = messages;
    this.#by = by;
    this.#standing = messages === null ? new Map() : openAt(journal);
  }

  /** A message was forwarded: that wait stands at its key no longer. */
  answered({ to, message }: Signal): void {
    if (to.generation !== this.#by.generation) return;
    this.#standing = new Map([...this.#standing].filter(([id]) => id !== idOf(to.request, message.key)));
  }

  /** Asks for what is new and leaves what is over, in the commit of what the run does now. @param journal as it is written down; empty: its end. */
  follow(journal: Journal): void {
    if (this.#messages === null) return;
    const { subscribe, unsubscribe } = this.#messages;
    const { run, generation } = this.#by;
    const wanted = openAt(journal);
    for (const [id, { key, request }] of this.#standing) if (!wanted.has(id)) this.#by.emit(unsubscribe({ key, run, generation, request }));
    for (const [id, { key, request, names }] of wanted) if (!this.#standing.has(id)) this.#by.emit(subscribe({ key, run, generation, request, names }));
    this.#standing = wanted;
  }
}

/** Every wait that is open, once for each other key. */
function openAt(journal: Journal): Map<string, Place> {
  const open = new Map<string, Place>();
  for (const [request, entry] of journal.entries()) {
    const keyed = namesByKey(entry);
    if (keyed.size === 0 || !isOpenWait(journal, request)) continue;
    for (const [key, names] of keyed) open.set(idOf(request, key), { request, key, names });
  }
  return open;
}

function namesByKey(entry: Entry): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>();
  if (entry.kind !== "requested" || entry.what !== "wait" || entry.keys === undefined) return byKey;
  for (const [at, name] of entry.names.entries()) {
    const key = entry.keys[at] ?? null;
    if (key !== null) byKey.set(key, [...byKey.get(key) ?? [], name]);
  }
  return byKey;
}

function idOf(request: number, key: string): string {
  return `${String(request)}\u0000${key}`;
}
