// Ownership: keeps this process a member, looks at the roster, takes the partitions it should hold and gives back those it should not.
// Who holds what is decided by the store's epochs; this loop only asks.
import { isEvenkeelError } from "../errors.ts";
import type { Host } from "../spi/host.ts";
import type { ReportedStall } from "../spi/waits.ts";
import type { Fence, Grant, Membership, Roster, Store } from "../spi/store.ts";
import type { Spread } from "../settings.ts";
import { assignment } from "./assignment.ts";

/** Something that works on the partitions of one group in this process. */
export interface Member {
  readonly group: string;
  /** How many partitions the group has. */
  readonly partitions: number;
  granted(grants: readonly Grant[]): void;
  /** Gone already. */
  lost(partitions: readonly number[]): void;
  /** To be handed over: the member answers with `released` once nothing of them is under way. */
  leave(partitions: readonly number[]): void;
  /** Operators asked for something in this group. */
  controls?(): void;
  /** Operators asked for something about calls of this group. */
  callControls?(): void;
  /** How the shared breakers stand; before anything is granted, and at every look. */
  breakers?(rows: Roster["breakers"]): void;
}

interface OwnershipOptions {
  readonly store: Pick<Store, "join" | "roster" | "acquire" | "release" | "gather">;
  readonly host: Host;
  readonly worker: string;
  readonly leaseMs: number;
  readonly spread: Spread;
  readonly members: readonly Member[];
}

export interface Ownership {
  start(): Promise<void>;
  forfeit(group: string, partitions: readonly number[]): void;
  released(group: string, fences: readonly Fence[]): void;
  /** Commits of this group keep losing against another process. */
  losing(group: string): void;
  fencesOf(group: string): readonly Fence[];
  /** Until when by the host's elapsed clock nobody can have taken anything from this process, as far as it knows; less a margin. */
  isOursUntil(): number;
  /** Stops taking partitions; what is held stays until it is released. */
  close(): void;
  leave(): Promise<void>;
  /** What stands still in this process, for other processes to see. */
  stalls(found: readonly ReportedStall[]): void;
}

const GATHER_MS = 60_000;
/** What may begin up to then has this share of the lease left to leave the process. Beats are sent every quarter of a lease. */
const LEASE_MARGIN = 1 / 4;

export function ownership(options: OwnershipOptions): Ownership {
  const { store, host, worker, leaseMs } = options;
  const held = new Map<string, Map<number, { epoch: number; leaving: boolean }>>(options.members.map((member) => [member.group, new Map()]));
  let membership: Membership | null = null;
  let standing: readonly ReportedStall[] = [];
  let closed = false;
  let cancelTick: (() => void) | null = null;
  let cancelBeat: (() => void) | null = null;
  let ticking: Promise<void> | null = null;
  let again = false;
  let last: Roster | null = null;

  const memberOf = (group: string): Member | undefined => options.members.find((one) => one.group === group);

  function beat(): void {
    membership?.beat();
    cancelBeat = host.after(leaseMs / 10, beat);
  }

  function schedule(delayMs: number): void {
    cancelTick?.();
    cancelTick = closed ? null : host.after(delayMs, () => { cancelTick = null; tick(); });
  }

  function tick(): void {
    if (ticking !== null) { again = true; return; }
    again = false;
    ticking = look().catch((error: unknown) => {
      host.log("warning", "ownership.trouble", { code: isEvenkeelError(error) ? error.code : "INTERNAL", reason: error instanceof Error ? error.message : String(error) });
    }).finally(() => {
      ticking = null;
      if (again) tick();
      else schedule(leaseMs / 8);
    });
  }

  async function look(): Promise<void> {
    const roster = await store.roster();
    last = roster;
    if (closed) return;
    if (membership === null || !roster.workers.some((one) => one.id === worker)) {
      // The main loop stood still for longer than the lease: others may own everything by now. Or the store was away at the start.
      for (const member of options.members) drop(member, [...(held.get(member.group)?.keys() ?? [])]);
      await join();
      again = true;
      return;
    }
    for (const member of options.members) drop(member, taken(member, roster));
    for (const member of options.members) member.breakers?.(roster.breakers);
    // From the roster, so that workers of different versions compute the same.
    const groups = [...new Set(roster.workers.flatMap((one) => one.groups))].sort();
    const wanted = assignment(roster, groups, (group) => memberOf(group)?.partitions ?? 0, worker, options.spread);
    const alive = new Set(roster.workers.map((one) => one.id));
    await Promise.all(options.members.map((member) => balance(member, new Set(wanted.get(member.group) ?? []), roster, alive)));
    const owns = (group: string): boolean => (held.get(group)?.size ?? 0) > 0;
    for (const group of roster.pendingControls) if (owns(group)) memberOf(group)?.controls?.();
    for (const group of roster.pendingCallControls) if (owns(group)) memberOf(group)?.callControls?.();
  }

  /**
   * What the store has with another, or with nobody, although we live and hold it: a version that handles more names ends the leases of a group. A
   * commit would be fenced; but where nothing is to be committed here, nobody would tell, and what another left behind would wait for ever.
   */
  function taken(member: Member, roster: Roster): number[] {
    const mine = held.get(member.group);
    return roster.leases.filter((lease) => {
      const epoch = lease.group === member.group ? mine?.get(lease.partition)?.epoch : undefined;
      return epoch !== undefined && (lease.worker !== worker || lease.epoch !== epoch);
    }).map((lease) => lease.partition);
  }

  async function balance(member: Member, wanted: ReadonlySet<number>, roster: Roster, alive: ReadonlySet<string>): Promise<void> {
    const mine = held.get(member.group) ?? new Map<number, { epoch: number; leaving: boolean }>();
    const leaving = [...mine].filter(([partition, lease]) => !lease.leaving && !wanted.has(partition)).map(([partition]) => partition);
    for (const partition of leaving) mine.set(partition, { epoch: mine.get(partition)?.epoch ?? 0, leaving: true });
    if (leaving.length > 0) member.leave(leaving);
    const leases = roster.leases.filter((lease) => lease.group === member.group);
    // What the store takes for ours although we dropped it (we were buried and joined again, a release failed, an answer got lost) and
    // another should have: while we live nobody else may take it, so it must be given back. The epoch spares what we hold by now.
    const strays = leases.filter((lease) => lease.worker === worker && !mine.has(lease.partition) && !wanted.has(lease.partition));
    if (strays.length > 0) await store.release({ worker, group: member.group, fences: strays.map(({ partition, epoch }) => ({ partition, epoch })) });
    const holder = new Map(leases.map((lease) => [lease.partition, lease.worker]));
    const free = [...wanted].filter((partition) => {
      const by = holder.get(partition) ?? null;
      return !mine.has(partition) && (by === null || by === worker || !alive.has(by));
    });
    if (free.length === 0) return;
    const grants = await store.acquire({ worker, group: member.group, partitions: free.sort((a, b) => a - b) });
    if (closed || grants.length === 0) return;
    for (const grant of grants) mine.set(grant.partition, { epoch: grant.epoch, leaving: false });
    host.log("info", "lease.acquired", { group: member.group, partitions: grants.map((grant) => grant.partition) });
    member.granted(grants);
  }

  function drop(member: Member, partitions: readonly number[]): void {
    if (partitions.length === 0) return;
    const mine = held.get(member.group);
    for (const partition of partitions) mine?.delete(partition);
    host.log("warning", "lease.lost", { group: member.group, partitions });
    member.lost(partitions);
  }

  function fencesOf(group: string): readonly Fence[] {
    return [...(held.get(group) ?? [])].map(([partition, { epoch }]) => ({ partition, epoch }));
  }

  const profile = (): { id: string; groups: readonly string[]; leaseMs: number } => ({ id: worker, groups: options.members.map((one) => one.group), leaseMs });

  async function join(): Promise<void> {
    membership = await store.join(profile());
    if (standing.length > 0) membership.stalls?.(standing);
  }

  return {
    stalls: (found) => {
      standing = found;
      membership?.stalls?.(found);
    },
    start: async () => {
      try {
        await join();
      } catch (error) {
        // A worker that starts while the server restarts is not dead: the first look that reaches the store joins.
        if (!isEvenkeelError(error) || error.code !== "STORE_UNAVAILABLE") throw error;
        host.log("warning", "ownership.trouble", { code: error.code, reason: error.message });
      }
      beat();
      tick();
    },
    forfeit: (group, partitions) => {
      const member = memberOf(group);
      if (member !== undefined) drop(member, partitions.filter((partition) => held.get(group)?.has(partition) === true));
      if (!closed) tick();
    },
    released: (group, fences) => {
      const mine = held.get(group);
      const ours = fences.filter((fence) => mine?.get(fence.partition)?.epoch === fence.epoch);
      for (const fence of ours) mine?.delete(fence.partition);
      if (ours.length === 0) return;
      store.release({ worker, group, fences: ours }).catch((error: unknown) => {
        // The lease then ends with the worker's heartbeat, or is taken back at the next look.
        host.log("warning", "lease.release-failed", { group, reason: error instanceof Error ? error.message : String(error) });
      });
    },
    losing: (group) => {
      const leases = (last?.leases ?? []).filter((lease) => lease.group === group && lease.worker !== null);
      const lowest = leases.sort((a, b) => a.partition - b.partition)[0];
      if (lowest?.worker == null || last?.gathered.some((one) => one.group === group) === true) return;
      store.gather({ group, worker: lowest.worker, forMs: GATHER_MS }).then(tick, () => undefined);
    },
    fencesOf,
    isOursUntil: () => {
      const agoMs = membership?.confirmedMsAgo?.();
      return agoMs === undefined ? Infinity : host.elapsed() - agoMs + leaseMs * (1 - LEASE_MARGIN);
    },
    close: () => {
      closed = true;
      cancelTick?.();
    },
    leave: async () => {
      closed = true;
      cancelTick?.();
      // First: where the store does not answer, nobody waits for the rest, and the lease must lapse.
      cancelBeat?.();
      await ticking;
      await membership?.leave();
      membership = null;
    },
  };
}
