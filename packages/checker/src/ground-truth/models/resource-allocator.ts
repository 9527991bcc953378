// Clients ask for resources, get them piece by piece and give them back. After specifications/allocator/SimpleAllocator.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { recordOf, subsets } from "../persistent.ts";

type Held = Readonly<Record<string, ReadonlySet<string>>>;

interface State {
  readonly wanted: Held;
  readonly allocated: Held;
}

interface Constants {
  readonly clients: readonly string[];
  readonly resources: readonly string[];
  readonly symmetry?: boolean;
}

const NOTHING: ReadonlySet<string> = new Set();

export function resourceAllocator({ clients, resources, symmetry = false }: Constants) {
  const some = [...subsets(resources)].filter((set) => set.length > 0);
  const start: State = { wanted: recordOf(clients, NOTHING), allocated: recordOf(clients, NOTHING) };
  const of = (held: Held, client: string) => held[client] ?? NOTHING;
  const isFree = (s: State, resource: string) => !clients.some((client) => of(s.allocated, client).has(resource));
  return model({
    name: "resource allocator",
    init: [start],
    actions: {
      request: (s, next) => {
        for (const client of clients) {
          if (of(s.wanted, client).size + of(s.allocated, client).size > 0) continue;
          for (const set of some) next({ ...s, wanted: { ...s.wanted, [client]: new Set(set) } }, { client, set });
        }
      },
      allocate: (s, next) => {
        for (const client of clients) {
          const wanted = of(s.wanted, client);
          for (const set of some) {
            if (!set.every((resource) => wanted.has(resource) && isFree(s, resource))) continue;
            const allocated = { ...s.allocated, [client]: new Set([...of(s.allocated, client), ...set]) };
            next({ wanted: { ...s.wanted, [client]: without(wanted, set) }, allocated }, { client, set });
          }
        }
      },
      giveBack: (s, next) => {
        for (const client of clients) {
          const allocated = of(s.allocated, client);
          for (const set of some) {
            if (!set.every((resource) => allocated.has(resource))) continue;
            next({ ...s, allocated: { ...s.allocated, [client]: without(allocated, set) } }, { client, set });
          }
        }
      },
    },
    invariants: {
      "a resource has one client": (s) =>
        resources.every((resource) => clients.filter((client) => of(s.allocated, client).has(resource)).length <= 1),
    },
    ...(symmetry ? { symmetry: [clients, resources] } : {}),
  });
}

function without(set: ReadonlySet<string>, gone: readonly string[]): ReadonlySet<string> {
  return new Set([...set].filter((item) => !gone.includes(item)));
}
