// Timers in memory: setting, cancelling, firing and reading them. A timer that is set again under its name is a new timer with a new
// id, so an owner that read the old one as due cannot fire the new one early.
import type { NewTimer, TimerRef } from "../message/changes.ts";
import type { DueTimers } from "../spi/store.ts";
import { idOf, type Memory, type MemoryState, type TimerState } from "./memory-state.ts";

export function putTimer({ state, host }: Memory, timer: NewTimer): void {
  const { when, ...rest } = timer;
  const now = host.elapsed();
  const due = when.kind === "after" ? now + when.delayMs : now + (when.at - host.now());
  const name = nameId({ group: timer.group, tenant: timer.message.tenant, routingKey: timer.routingKey, name: timer.name });
  const before = state.timerNames.get(name);
  if (before !== undefined) state.timers.delete(before);
  const id = ++state.lastTimerId;
  state.timers.set(id, { ...rest, id, due });
  state.timerNames.set(name, id);
}

export function cancelTimer(state: MemoryState, ref: TimerRef): void {
  const id = state.timerNames.get(nameId(ref));
  if (id !== undefined) takeTimer(state, id);
}

/** Removes a timer; false when it was gone. */
export function takeTimer(state: MemoryState, id: number): boolean {
  const timer = state.timers.get(id);
  if (timer === undefined) return false;
  state.timers.delete(id);
  state.timerNames.delete(nameId({ group: timer.group, tenant: timer.message.tenant, routingKey: timer.routingKey, name: timer.name }));
  return true;
}

export function readTimers({ state, host }: Memory, request: { partitions: readonly number[]; limit: number }): DueTimers {
  const wanted = new Set(request.partitions);
  const now = host.elapsed();
  const due: TimerState[] = [];
  let next: number | null = null;
  for (const timer of state.timers.values()) {
    if (!wanted.has(timer.message.partition)) continue;
    if (timer.due <= now) due.push(timer);
    else if (next === null || timer.due < next) next = timer.due;
  }
  due.sort((a, b) => a.due - b.due || a.id - b.id);
  return {
    due: due.slice(0, request.limit).map(({ id, message }) => ({ id, message })),
    nextInMs: next === null ? null : next - now,
  };
}

function nameId(ref: TimerRef): string {
  return idOf(ref.group, ref.tenant, ref.routingKey, ref.name);
}
