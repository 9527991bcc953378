// The log: a message that is appended stands at the end of its key's queue in every group that handles it. Order holds per key and nowhere
// else, so that is all the order there is.
import { NOTHING, type World } from "./cell.ts";
import type { KnownMessage } from "./contents.ts";

export function append(next: World, message: KnownMessage): void {
  for (const queue of message.queues) next.set(queue, queue.push(next.numbers[queue.index] ?? NOTHING, message));
  const { counter } = message;
  if (counter === null) return;
  const times = (counter.in(next)?.times ?? 0) + 1;
  next.set(counter, counter.number(String(times), () => ({ message, times })));
}
