// What must hold of calls that begin without a row: their document alone tells of them, so their key is noted while they are open; an outcome
// counts once; nothing is begun twice, for nothing, or by whoever is leaving; and at rest nothing is owed and nothing noted.
import type { CallRunnerState } from "@evenkeel/core/engine";
import type { Invariant } from "../../space.ts";
import { sharedInvariants } from "../join/properties.ts";
import { effectsOf, partitionOf, type JoinScope, type JoinWorld } from "../join/world.ts";
import { leasesOf } from "../rules.ts";
import { documentsOf, isOpen } from "./document.ts";
import { keyOfCall } from "./handler.ts";

/** Outcomes that counted: each call's key. */
export function countedOf({ store }: JoinWorld): string[] {
  return effectsOf(store).flatMap(({ call, kind }) => call !== null && /^(ok|notPerformed)/.test(kind) ? [keyOfCall(call)] : []);
}

/** Calls that are open, of owners that are gone: no memory holds them. */
function isNoted({ store }: JoinWorld): boolean {
  const isThere = (key: string, epoch: number): boolean => {
    const lease = leasesOf(store)[partitionOf(store, key)];
    return lease?.worker != null && lease.epoch === epoch && store.workers.has(lease.worker);
  };
  const noted = new Set([...store.revivals.values()].map(({ key }) => key));
  return documentsOf(store).every(({ key, entries }) => noted.has(key) || entries.every((entry) => !isOpen(entry) || isThere(key, entry.epoch)));
}

export function unrecordedInvariants(): readonly Invariant<JoinWorld>[] {
  return [
    { name: "a key with an open call whose owner is gone is to be revived", holds: isNoted },
    {
      name: "an outcome counts once",
      holds: (world) => {
        const counted = countedOf(world);
        return new Set(counted).size === counted.length;
      },
    },
    { name: "no call comes to two outcomes", holds: ({ store }) => effectsOf(store).every(({ kind }) => kind !== "stray") },
    { name: "an outcome says what happened", holds: ({ store }) => effectsOf(store).every(({ kind }) => !kind.endsWith("untrue")) },
    { name: "a process begins no call beside an attempt of its own", holds: ({ twice }) => !twice },
    { name: "no call is begun whose outcome has counted", holds: ({ needless }) => !needless },
    { name: "whoever leaves begins nothing", holds: ({ lingering }) => !lingering },
    ...sharedInvariants(),
  ];
}

/**
 * Every call that could be requested was, and its outcome counted; no row and no note is left. What the store refuses to keep in any form waits for
 * a person, and its key is to be revived.
 */
export function isSettled({ unrecorded }: JoinScope, world: JoinWorld): boolean {
  if (world.store.calls.size > 0) return false;
  const holds = world.budget.refusals === 0 && world.owners.some(({ machine }) => machine !== null && holdsUnrecorded(machine.runner));
  if (holds) return world.store.revivals.size > 0;
  const calls = unrecorded === undefined ? [] : [...Object.values(unrecorded.first).flat(), ...Object.values(unrecorded.next)];
  const counted = countedOf(world);
  return calls.every((call) => counted.includes(call)) && world.store.revivals.size === 0;
}

function holdsUnrecorded({ calls }: CallRunnerState): boolean {
  return [...calls.values()].some(({ recorded, status }) => !recorded && status === "held");
}
