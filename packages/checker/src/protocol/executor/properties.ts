// What must hold of delivery, whatever happens: each message takes effect once, in the order of its key, nothing is passed over or lost, and
// whoever was replaced commits nothing any more.
import type { MemoryState } from "@evenkeel/core/engine";
import type { Message } from "@evenkeel/core/spi";
import type { Invariant, StepProperty } from "../../space.ts";
import { isCurrent, leasesOf } from "../rules.ts";
import { HANDLED, type DeliveryWorld } from "./world.ts";

const TOY: ReadonlySet<string> = new Set([HANDLED]);

/** Where every handled message stands. */
interface Standing { readonly message: Message; readonly effects: number; readonly parked: boolean; readonly skipped: boolean; readonly passed: boolean }

/** @param names the messages that are handled. */
export function standings(store: MemoryState, names: ReadonlySet<string> = TOY): Standing[] {
  const effects = (store.log.at(-1) ?? []).map(({ causationId }) => causationId);
  const rows = [...store.parked.values()].flat();
  const leases = leasesOf(store);
  return store.log.slice(0, -1).flatMap((messages, partition) => messages.filter(({ name }) => names.has(name)).map((message) => ({
    message,
    effects: effects.filter((id) => id === message.id).length,
    parked: rows.some((row) => row.message.position === message.position),
    skipped: isSkipped(store, message),
    passed: message.position <= (leases[partition]?.position ?? 0),
  })));
}

function isSkipped(store: MemoryState, { position }: Message): boolean {
  return store.controls.some((entry) => entry.action === "skip" && entry.result === "done" && entry.position === position);
}

/** In the order in which they took effect: nothing of a key may stand behind what was published after it. */
function keepsOrder(store: MemoryState, names: ReadonlySet<string> = TOY): boolean {
  const effects = (store.log.at(-1) ?? []).map(({ causationId }) => causationId);
  const places = new Map(effects.map((id, index) => [id, index]));
  return store.log.slice(0, -1).every((messages) => messages.every((later, at) => {
    const place = places.get(later.id);
    if (place === undefined) return true;
    return messages.slice(0, at).every((earlier) => {
      if (earlier.key !== later.key || !names.has(earlier.name) || isSkipped(store, earlier)) return true;
      return (places.get(earlier.id) ?? Infinity) < place;
    });
  }));
}

/** With nothing under way that could change them, the machine's parked keys are those of the store: forgotten ones would be overtaken. */
function knowsParked({ store, owners, strays }: DeliveryWorld): boolean {
  if (strays.length > 0) return true;
  return owners.every(({ id, machine, flights }) => {
    if (machine === null || flights.some((flight) => flight.kind !== "decide" && "answer" in flight && flight.answer !== null)) return true;
    return [...machine.owned.values()].every((held) => {
      if (!isCurrent(store, id, [held])) return true;
      const mine = [...machine.parked.values()].filter(({ partition }) => partition === held.partition).map(({ key, count }) => `${key}${String(count)}`);
      const stored = [...store.parked.values()].filter(([head]) => head?.message.partition === held.partition)
        .map((rows) => `${rows[0]?.message.key ?? ""}${String(rows.length)}`);
      return mine.sort().join() === stored.sort().join();
    });
  });
}

/** What holds of every message of the log that is handled. */
export function messageInvariants<World extends { readonly store: MemoryState }>(names: ReadonlySet<string> = TOY): readonly Invariant<World>[] {
  return [
    { name: "a message takes effect once", holds: ({ store }) => standings(store, names).every(({ effects }) => effects <= 1) },
    { name: "messages of a key take effect in their order", holds: ({ store }) => keepsOrder(store, names) },
    {
      name: "progress passes over nothing that was not dealt with",
      holds: ({ store }) => standings(store, names).every(({ effects, parked, skipped, passed }) => !passed || effects > 0 || parked || skipped),
    },
    {
      name: "a message stands in one place",
      holds: ({ store }) => standings(store, names).every(({ effects, parked, skipped, passed }) =>
        [effects > 0, parked, skipped].filter((one) => one).length <= 1 && (passed || (effects === 0 && !parked && !skipped))),
    },
  ];
}

export const DELIVERY_INVARIANTS: readonly Invariant<DeliveryWorld>[] = [
  ...messageInvariants<DeliveryWorld>(),
  { name: "whoever was replaced commits nothing", holds: ({ trespass }) => !trespass },
  { name: "the machine knows what is parked", holds: knowsParked },
  {
    name: "committed <= assigned <= read",
    holds: ({ owners }) => owners.every(({ machine }) => machine === null ||
      [...machine.owned.values()].every(({ committed, assigned, read }) => committed <= assigned && assigned <= read)),
  },
];

export const DELIVERY_STEPS: readonly StepProperty<DeliveryWorld>[] = [
  {
    name: "progress and epochs only grow",
    holds: (before, after) => {
      const now = leasesOf(after.store);
      return leasesOf(before.store).every(({ epoch, position }, partition) =>
        epoch <= (now[partition]?.epoch ?? 0) && position <= (now[partition]?.position ?? 0));
    },
  },
];

/** Nothing can happen any more, and everything was published and dealt with; what is parked waits for a person. */
export function isDelivered(total: number): (world: DeliveryWorld) => boolean {
  return ({ store, published, owners }) => {
    const crashed = owners.every(({ machine }) => machine === null);
    return crashed || (published === total && standings(store).every(({ effects, parked, skipped }) => effects === 1 || parked || skipped)
      && [...store.parked.values()].every(([head]) => head?.due === null));
  };
}
