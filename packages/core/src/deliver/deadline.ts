// What is waited for while stopping, and for how long. Ends nothing: what is late goes on, and nobody waits for it.
import type { Host } from "../spi/host.ts";

/** What begins after the deadline has a second even so. */
const GRACE_MS = 1_000;

/** Resolves to whether it ended by the deadline, which is counted on the host's monotonic clock. */
export async function within(host: Host, ending: Promise<unknown>, deadline: number): Promise<boolean> {
  let cancel: () => void = () => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = host.after(Math.max(0, deadline - host.elapsed()) + GRACE_MS, () => { resolve(false); });
  });
  const ended = await Promise.race([ending.then(() => true), late]);
  cancel();
  return ended;
}
