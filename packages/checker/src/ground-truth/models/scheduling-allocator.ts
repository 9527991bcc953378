// The allocator that queues clients, so that nobody starves: a client gets what no client before it in the queue wants. After
// specifications/allocator/SchedulingAllocator.tla of tlaplus/Examples (MIT). Sets of resources are bits.
import { model } from "../../index.ts";
import { at, range, replaced } from "../persistent.ts";

interface State {
  readonly wanted: readonly number[];
  readonly allocated: readonly number[];
  readonly queue: readonly number[];
}

export function schedulingAllocator({ clients, resources }: { readonly clients: number; readonly resources: number }) {
  const all = range(0, clients - 1);
  const some = range(1, 2 ** resources - 1);
  const start: State = { wanted: all.map(() => 0), allocated: all.map(() => 0), queue: [] };
  const taken = (s: State) => s.allocated.reduce((union, set) => union | set, 0);
  const allowed = (s: State, client: number) =>
    s.queue.slice(0, s.queue.indexOf(client)).reduce((rest, before) => rest & ~at(s.wanted, before), at(s.wanted, client) & ~taken(s));
  return model({
    name: "scheduling allocator",
    init: [start],
    actions: {
      request: (s, next) => {
        for (const client of all) {
          if (at(s.wanted, client) !== 0 || at(s.allocated, client) !== 0) continue;
          for (const set of some) next({ ...s, wanted: replaced(s.wanted, client, set) }, { client, set });
        }
      },
      allocate: (s, next) => {
        for (const client of s.queue) {
          const possible = allowed(s, client);
          const wanted = at(s.wanted, client);
          for (const set of some) {
            if ((set & ~possible) !== 0) continue;
            next({
              wanted: replaced(s.wanted, client, wanted & ~set),
              allocated: replaced(s.allocated, client, at(s.allocated, client) | set),
              queue: set === wanted ? s.queue.filter((other) => other !== client) : s.queue,
            }, { client, set });
          }
        }
      },
      giveBack: (s, next) => {
        for (const client of all) {
          const held = at(s.allocated, client);
          for (const set of some) if ((set & ~held) === 0) next({ ...s, allocated: replaced(s.allocated, client, held & ~set) }, { client, set });
        }
      },
      schedule: (s, next) => {
        const waiting = all.filter((client) => at(s.wanted, client) !== 0 && !s.queue.includes(client));
        if (waiting.length > 0) for (const order of permutations(waiting)) next({ ...s, queue: [...s.queue, ...order] }, order);
      },
    },
    invariants: {
      "a resource has one client": (s) => all.every((a) => all.every((b) => a === b || (at(s.allocated, a) & at(s.allocated, b)) === 0)),
      "who is queued wants something": (s) => s.queue.every((client) => at(s.wanted, client) !== 0),
      "nobody holds what one before in the queue wants": (s) =>
        s.queue.every((client, i) => s.queue.slice(0, i).every((before) => (at(s.allocated, client) & at(s.wanted, before)) === 0)),
    },
  });
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
