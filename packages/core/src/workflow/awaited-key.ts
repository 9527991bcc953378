// What is kept of a key by which messages come that runs of other ids wait for: who waits for what, and what came. It says whom a message is to be
// forwarded to, forwards nothing, and reads no clock.
import type { Buffered } from "./journal.ts";

/** Of messages that a run was given, how many are kept for other runs to come. */
const MOST_GIVEN = 100;

/** One wait of a run, by the place of its request in that generation's journal. */
export interface WaitOf { readonly run: string; readonly generation: number; readonly request: number }

/** A wait for the first of `names` that the run was not given before. */
export interface KeyWait extends WaitOf { readonly names: readonly string[] }

/** A message that came by this key, when, and the runs that were given it. */
interface KeptMessage extends Omit<Buffered, "key"> { readonly at: number; readonly to: readonly string[] }

/** The document of one key. Plain JSON. */
export interface AwaitedKey {
  /** In the order in which they came. */
  readonly waits: readonly KeyWait[];
  /** In the order in which they came, also those that runs were given: others may ask for them, too. */
  readonly kept: readonly KeptMessage[];
}

/** What comes of something: the key's document, and which message is forwarded to which wait. */
export interface Forwarding {
  readonly after: AwaitedKey;
  readonly given: readonly { readonly wait: KeyWait; readonly message: KeptMessage }[];
}

export const NOTHING_AWAITED: AwaitedKey = { waits: [], kept: [] };

/** A message came: every run that waits for it is given it, once, and it is kept for those that ask later. */
export function came({ waits, kept }: AwaitedKey, { id, name, data }: Buffered, at: number): Forwarding {
  const first = new Map<string, KeyWait>();
  for (const wait of waits) if (wait.names.includes(name) && !first.has(wait.run)) first.set(wait.run, wait);
  const answered = [...first.values()];
  const message: KeptMessage = { id, name, data, at, to: [...first.keys()] };
  return {
    after: { waits: waits.filter((wait) => !answered.includes(wait)), kept: withoutOldest([...kept, message]) },
    given: answered.map((wait) => ({ wait, message })),
  };
}

/** A run waits: it is given the first message that it was not given before, or the next one that comes. */
export function asked({ waits, kept }: AwaitedKey, wait: KeyWait): Forwarding {
  const found = kept.find(({ name, to }) => wait.names.includes(name) && !to.includes(wait.run));
  if (found === undefined) return { after: { waits: [...waits, wait], kept }, given: [] };
  const message = { ...found, to: [...found.to, wait.run] };
  return { after: { waits, kept: withoutOldest(kept.map((one) => one === found ? message : one)) }, given: [{ wait, message }] };
}

/** A wait is over. What was forwarded to it before is on its way all the same. */
export function left({ waits, kept }: AwaitedKey, { run, generation, request }: WaitOf): AwaitedKey {
  return { waits: waits.filter((one) => one.run !== run || one.generation !== generation || one.request !== request), kept };
}

/** The time of a message is over, and of whatever came before `since`. */
export function forgotten({ waits, kept }: AwaitedKey, id: string, since: number): AwaitedKey {
  return { waits, kept: kept.filter((one) => one.id !== id && one.at >= since) };
}

/** Messages that no run was given. */
export function unasked({ kept }: AwaitedKey): readonly KeptMessage[] {
  return kept.filter(({ to }) => to.length === 0);
}

export function isEmpty({ waits, kept }: AwaitedKey): boolean {
  return waits.length === 0 && kept.length === 0;
}

/** What no run was given is never left out. */
function withoutOldest(kept: readonly KeptMessage[]): readonly KeptMessage[] {
  let over = kept.filter(({ to }) => to.length > 0).length - MOST_GIVEN;
  return over <= 0 ? kept : kept.filter(({ to }) => to.length === 0 || over-- <= 0);
}
