// Processes that own partitions: what every loop of the engine has in common, whatever its machine does. Each takes what is free, its own or
// a dead one's, hands over, crashes, is taken for dead and goes on as a zombie, hears of it, and begins anew; what it sent may arrive late.
import type { MemoryState } from "@evenkeel/core/engine";
import type { Commit, CommitResult, Fence, Grant } from "@evenkeel/core/spi";
import type { Next } from "./protocol.ts";
import { GROUP, isCurrent, joined, leasesOf, onFork, type Rules } from "./rules.ts";

/** Requests of the ownership loop that are under way. */
export type LeaseFlight =
  | { readonly kind: "acquire"; readonly grants: readonly Grant[] }
  | { readonly kind: "release"; readonly fences: readonly Fence[] };

export interface Owner<Machine, Flight> {
  readonly id: string;
  /** null: it has crashed. */
  readonly machine: Machine | null;
  /** The epochs that its ownership loop believes it holds, by partition. */
  readonly held: ReadonlyMap<number, number>;
  readonly flights: readonly (Flight | LeaseFlight)[];
  /** When the machine asked to look again by itself. */
  readonly wakeAt: number | null;
}

/** A request whose process is gone or has given it up, and which may reach the store yet. */
export type Stray =
  | { readonly kind: "commit"; readonly commit: Commit }
  | { readonly kind: "mark"; readonly fence: Fence; readonly position: number }
  | { readonly kind: "release"; readonly worker: string; readonly fences: readonly Fence[] };

/** What is left of an exploration's bounds. */
export interface Budget {
  /** Processes that crash, or that are taken for dead and go on: so many together. */
  readonly losses: number;
  /** Requests that the store fails, or whose answer is lost: so many together. */
  readonly faults: number;
  /** Partitions that are handed over in good order. */
  readonly handovers: number;
}

export interface OwnersWorld<Machine, Flight> {
  readonly store: MemoryState;
  readonly nowMs: number;
  readonly owners: readonly Owner<Machine, Flight>[];
  readonly strays: readonly Stray[];
  readonly budget: Budget;
  /** A commit was let in after another process had taken over what it rested on. */
  readonly trespass: boolean;
}

export const OWNER_MOVES = [
  "look", "granted", "acquire's answer is lost", "release at the store", "release fails", "hand over", "crash", "begin anew", "taken for dead", "beats late", "beats again",
  "notice", "stray at the store",
] as const;

/** How the machines of a protocol are told. */
export interface Wiring<Machine, Flight, World> {
  readonly rules: Rules;
  /** Whether a process that crashed is started again. */
  readonly restarts: boolean;
  /** Whether heartbeats may come late: who is late may be taken from, be buried, or beat again. */
  readonly late?: boolean;
  /** Whether a process sees in the roster that another has what it holds. Default: it does, as the shipping loop. */
  readonly seesTaken?: boolean;
  newMachine(id: string): Machine;
  granted(world: World, index: number, grants: readonly Grant[]): World;
  lost(world: World, index: number, partitions: readonly number[]): World;
  leave(world: World, index: number, partition: number): World;
  /** The partitions that the machine works on and is not leaving. */
  working(machine: Machine): readonly number[];
  /** What may still arrive of a request when its process is gone. */
  strayOf(flight: Flight): Stray | null;
  /** What else a crash leaves behind. */
  gone?(world: World, index: number): World;
}

export function ownerMoves<Machine, Flight extends { readonly kind: string }, World extends OwnersWorld<Machine, Flight>>(
  wiring: Wiring<Machine, Flight, World>, world: World, to: Next<World>,
): void {
  for (const [at, stray] of world.strays.entries()) {
    const rest = { ...world, strays: world.strays.filter((_, index) => index !== at) };
    to("stray at the store", arrive(wiring.rules, rest, stray), stray.kind);
  }
  for (const [index, owner] of world.owners.entries()) {
    if (owner.machine === null) {
      if (wiring.restarts) to("begin anew", begun(wiring, world, index, `${owner.id}'`), `${owner.id}'`);
      continue;
    }
    if (!world.store.workers.has(owner.id)) notice(wiring, world, index, to);
    else if (isLate(world.store, owner.id)) lateMoves(world, owner.id, to);
    else if (wiring.seesTaken !== false && takenFrom(world, index).length > 0) noticeTaken(wiring, world, index, to);
    else look(wiring, world, index, to);
    if (world.budget.handovers > 0) {
      for (const partition of wiring.working(owner.machine)) {
        if (owner.held.has(partition)) to("hand over", wiring.leave(spend(world, "handovers"), index, partition), `${owner.id} leaves ${String(partition)}`);
      }
    }
    for (const flight of owner.flights) if (isLease(flight)) leaseMoves(wiring, world, index, flight, to);
    loss(wiring, world, index, to);
  }
}

/** One request at a time. Where several are free, one of them or all. */
function look<Machine, Flight extends { readonly kind: string }, World extends OwnersWorld<Machine, Flight>>(
  { rules }: Wiring<Machine, Flight, World>, world: World, index: number, to: Next<World>,
): void {
  const owner = world.owners[index];
  if (owner === undefined || isTaking(owner)) return;
  const { workers } = world.store;
  const free = leasesOf(world.store).slice(0, -1).flatMap(({ worker }, partition) =>
    !owner.held.has(partition) && (worker === null || worker === owner.id || !workers.has(worker) || isLate(world.store, worker)) ? [partition] : []);
  const choices = free.length > 1 ? [...free.map((partition) => [partition]), free] : free.length === 1 ? [free] : [];
  for (const partitions of choices) {
    const { store, result } = onFork(world.store, world.nowMs, "own", (memory) => rules.acquire(memory, { worker: owner.id, group: GROUP, partitions }));
    const taking: LeaseFlight = { kind: "acquire", grants: result };
    to("look", replaced({ ...world, store }, index, { ...owner, flights: [...owner.flights, taking] }), `${owner.id} takes ${partitions.join()}`);
  }
}

/** It finds itself buried: whatever it held may be another's by now. */
function notice<Machine, Flight extends { readonly kind: string }, World extends OwnersWorld<Machine, Flight>>(
  wiring: Wiring<Machine, Flight, World>, world: World, index: number, to: Next<World>,
): void {
  const owner = world.owners[index];
  if (owner === undefined || isTaking(owner)) return;
  const { store } = onFork(world.store, world.nowMs, "own", (memory) => { joined(memory, owner.id); });
  const back = replaced({ ...world, store }, index, { ...owner, held: new Map() });
  to("notice", owner.held.size === 0 ? back : wiring.lost(back, index, [...owner.held.keys()]), owner.id);
}

/** Whose heartbeat is late has its row until somebody buries it: at a look at the roster, or in taking something from it. */
export function isLate({ workers }: MemoryState, id: string): boolean {
  return (workers.get(id)?.leaseMs ?? 0) < 0;
}

function beating<World extends AnyWorld>(world: World, id: string, late: boolean): World {
  const { store } = onFork(world.store, world.nowMs, "own", ({ state: { workers } }) => {
    const worker = workers.get(id);
    if (worker !== undefined) workers.set(id, { ...worker, leaseMs: late ? -1 : Number.MAX_SAFE_INTEGER });
  });
  return { ...world, store };
}

function lateMoves<World extends AnyWorld>(world: World, id: string, to: Next<World>): void {
  const { store } = onFork(world.store, world.nowMs, "own", ({ state }) => { state.workers.delete(id); });
  to("taken for dead", { ...world, store }, id);
  to("beats again", beating(world, id, false), id);
}

/** What it believes to hold, and another has, or it has in another epoch. */
function takenFrom(world: AnyWorld, index: number): readonly number[] {
  const owner = world.owners[index];
  if (owner === undefined || isTaking(owner)) return [];
  const leases = leasesOf(world.store);
  const isOurs = (partition: number, epoch: number): boolean => leases[partition]?.worker === owner.id && leases[partition].epoch === epoch;
  return [...owner.held].filter(([partition, epoch]) => !isOurs(partition, epoch)).map(([partition]) => partition);
}

function noticeTaken<Machine, Flight extends { readonly kind: string }, World extends OwnersWorld<Machine, Flight>>(
  wiring: Wiring<Machine, Flight, World>, world: World, index: number, to: Next<World>,
): void {
  const owner = world.owners[index];
  if (owner === undefined) return;
  const taken = takenFrom(world, index);
  const less = replaced(world, index, { ...owner, held: new Map([...owner.held].filter(([partition]) => !taken.includes(partition))) });
  to("notice", wiring.lost(less, index, taken), `${owner.id}: ${taken.join()} is another's`);
}

function leaseMoves<Machine, Flight extends { readonly kind: string }, World extends OwnersWorld<Machine, Flight>>(
  { rules, granted }: Wiring<Machine, Flight, World>, world: World, index: number, flight: LeaseFlight, to: Next<World>,
): void {
  const owner = world.owners[index];
  if (owner === undefined) return;
  const { id } = owner;
  const rest = without(world, index, flight);
  const fails = world.budget.faults > 0;
  if (flight.kind === "release") {
    to("release at the store", { ...rest, store: released(rules, world, id, flight.fences) }, id);
    if (fails) to("release fails", spend(rest, "faults"), id);
    return;
  }
  if (fails) to("acquire's answer is lost", spend(rest, "faults"), id);
  if (flight.grants.length === 0) return to("granted", rest, `${id}: nothing`);
  const held = new Map(owner.held);
  for (const { partition, epoch } of flight.grants) held.set(partition, epoch);
  const taken = replaced(rest, index, { ...owner, held, flights: owner.flights.filter((one) => one !== flight) });
  to("granted", granted(taken, index, flight.grants), `${id}: ${flight.grants.map(({ partition, epoch }) => `${String(partition)} in epoch ${String(epoch)}`).join()}`);
}

/** Being taken for dead ends nothing but the others' patience. */
function loss<Machine, Flight extends { readonly kind: string }, World extends OwnersWorld<Machine, Flight>>(
  wiring: Wiring<Machine, Flight, World>, world: World, index: number, to: Next<World>,
): void {
  const owner = world.owners[index];
  if (owner === undefined || world.budget.losses === 0) return;
  const paid = spend(world, "losses");
  to("crash", crashed(wiring, paid, index), owner.id);
  if (!world.store.workers.has(owner.id) || isLate(world.store, owner.id)) return;
  to("taken for dead", { ...paid, store: withoutWorker(world, owner.id) }, owner.id);
  if (wiring.late === true) to("beats late", beating(paid, owner.id, true), owner.id);
}

function withoutWorker({ store, nowMs }: AnyWorld, id: string): MemoryState {
  return onFork(store, nowMs, "own", ({ state }) => { state.workers.delete(id); }).store;
}

/** A crash ends everything of the process but what it has sent. */
export function crashed<Machine, Flight extends { readonly kind: string }, World extends OwnersWorld<Machine, Flight>>(
  { strayOf, gone: leaves }: Pick<Wiring<Machine, Flight, World>, "strayOf" | "gone">, world: World, index: number,
): World {
  const owner = world.owners[index];
  if (owner === undefined) return world;
  const buried = { ...world, store: withoutWorker(world, owner.id) };
  const left = owner.flights.flatMap((flight): readonly Stray[] => {
    const stray = isLease(flight) ? null : strayOf(flight);
    if (stray !== null) return [stray];
    return isLease(flight) && flight.kind === "release" ? [{ kind: "release", worker: owner.id, fences: flight.fences }] : [];
  });
  const gone: Owner<Machine, Flight> = { id: owner.id, machine: null, held: new Map(), flights: [], wakeAt: null };
  return replaced({ ...leaves?.(buried, index) ?? buried, strays: [...world.strays, ...left] }, index, gone);
}

function begun<Machine, Flight extends { readonly kind: string }, World extends OwnersWorld<Machine, Flight>>(
  { newMachine }: Wiring<Machine, Flight, World>, world: World, index: number, id: string,
): World {
  const { store } = onFork(world.store, world.nowMs, "own", (memory) => { joined(memory, id); });
  return replaced({ ...world, store }, index, newOwner(id, newMachine(id)));
}

export function newOwner<Machine, Flight>(id: string, machine: Machine): Owner<Machine, Flight> {
  return { id, machine, held: new Map(), flights: [], wakeAt: null };
}

function isLease(flight: { readonly kind: string }): flight is LeaseFlight {
  return flight.kind === "acquire" || flight.kind === "release";
}

function isTaking(owner: Owner<unknown, { readonly kind: string }>): boolean {
  return owner.flights.some((flight) => flight.kind === "acquire");
}

// --- pieces of a step -----------------------------------------------------------------------------------------------------------

type AnyWorld = OwnersWorld<unknown, { readonly kind: string }>;
type OwnerOf<World extends AnyWorld> = World["owners"][number];
type FlightOf<World extends AnyWorld> = OwnerOf<World>["flights"][number];

export function spend<World extends { readonly budget: Budget }>(world: World, kind: keyof World["budget"]): World {
  const budget: World["budget"] = world.budget;
  return { ...world, budget: { ...budget, [kind]: Number(budget[kind]) - 1 } };
}

export function replaced<World extends AnyWorld>(world: World, index: number, owner: OwnerOf<World>): World {
  return { ...world, owners: world.owners.map((one, at) => at === index ? owner : one) };
}

export function without<World extends AnyWorld>(world: World, index: number, flight: FlightOf<World>): World {
  return { ...world, owners: world.owners.map((one, at) => at === index ? { ...one, flights: one.flights.filter((other) => other !== flight) } : one) };
}

/** The store has done its part of a request. */
export function patched<World extends AnyWorld>(world: World, index: number, flight: FlightOf<World>, by: FlightOf<World>): World {
  const swap = (other: FlightOf<World>): FlightOf<World> => other === flight ? by : other;
  return { ...world, owners: world.owners.map((one, at) => at === index ? { ...one, flights: one.flights.map(swap) } : one) };
}

/** A commit reaches the store. */
export function landed<World extends AnyWorld>(
  rules: Rules, world: World, commit: Commit,
): { readonly world: World; readonly result: CommitResult } {
  const current = isCurrent(world.store, commit.worker, commit.fences);
  const { store, result } = onFork(world.store, world.nowMs, "work", (memory) => rules.commit(memory, commit));
  return { world: { ...world, store, trespass: world.trespass || (result.kind === "committed" && !current) }, result };
}

function arrive<World extends AnyWorld>(rules: Rules, world: World, stray: Stray): World {
  switch (stray.kind) {
    case "commit": return landed(rules, world, stray.commit).world;
    case "release": return { ...world, store: released(rules, world, stray.worker, stray.fences) };
    case "mark": {
      const { fence, position } = stray;
      return { ...world, store: onFork(world.store, world.nowMs, "own", ({ state }) => rules.mark(state, { group: GROUP, fence, position })).store };
    }
  }
}

function released(rules: Rules, { store, nowMs }: AnyWorld, worker: string, fences: readonly Fence[]): MemoryState {
  return onFork(store, nowMs, "own", ({ state }) => { rules.release(state, { worker, group: GROUP, fences }); }).store;
}

type Held = ReadonlyMap<number, number>;

/** What a driver does with a machine's word that these partitions are lost or in doubt: those that were held, and the rest. */
export function forfeited(held: Held, partitions: readonly number[]): { readonly ours: readonly number[]; readonly held: Held } {
  const ours = partitions.filter((partition) => held.has(partition));
  return { ours, held: new Map([...held].filter(([partition]) => !ours.includes(partition))) };
}

/** What a driver does with a machine's word that nothing of these partitions is under way any more. */
export function givenBack(held: Held, fences: readonly Fence[]): { readonly ours: readonly Fence[]; readonly held: Held } {
  const ours = fences.filter(({ partition, epoch }) => held.get(partition) === epoch);
  return { ours, held: new Map([...held].filter(([partition]) => !ours.some((fence) => fence.partition === partition))) };
}
