// Ends that are bounded: stopping waits for what is under way, and for nothing that never ends.
import type { Host } from "../spi/host.ts";

/** Waits for all, at most so long; returns the names of those that had not ended. */
export async function unendedAfter(host: Host, limitMs: number, ends: readonly { readonly name: string; readonly done: Promise<void> }[]): Promise<string[]> {
  const open = new Set(ends.map((one) => one.name));
  const all = Promise.all(ends.map(({ name, done }) => done.then(() => { open.delete(name); })));
  let cancel: () => void = () => undefined;
  await Promise.race([all, new Promise<void>((resolve) => { cancel = host.after(limitMs, resolve); })]);
  cancel();
  return [...open];
}

/** Resolves to whether it ended by the deadline. What takes long has a second even where the deadline has passed. */
export async function endsBy(host: Host, deadline: number, ending: Promise<unknown>): Promise<boolean> {
  let cancel: () => void = () => undefined;
  const ended = await Promise.race([
    ending.then(() => true),
    new Promise<boolean>((resolve) => { cancel = host.after(Math.max(0, deadline - host.elapsed()) + 1_000, () => { resolve(false); }); }),
  ]);
  cancel();
  return ended;
}
