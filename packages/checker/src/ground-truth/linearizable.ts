// What threads did with one register, and whether some order of it respects both real time and the register. It remembers, as the tester of
// stateright/stateright (MIT) does, how many operations of each other thread were complete when an operation began.

type Operation = { readonly kind: "write"; readonly value: string } | { readonly kind: "read" };

interface Begun {
  readonly operation: Operation;
  /** Of each thread, how many operations were complete before; of the own one, 0. */
  readonly after: readonly number[];
}

interface Complete extends Begun {
  /** What a read gave; null for a write. */
  readonly result: string | null;
}

/** By thread. */
export interface RegisterHistory {
  readonly complete: readonly (readonly Complete[])[];
  readonly open: readonly (Begun | null)[];
}

export function emptyHistory(threads: number): RegisterHistory {
  return { complete: Array.from({ length: threads }, () => []), open: Array.from({ length: threads }, () => null) };
}

export function began(history: RegisterHistory, thread: number, operation: Operation): RegisterHistory {
  const after = history.complete.map((operations, other) => (other === thread ? 0 : operations.length));
  return { ...history, open: history.open.map((begun, other) => (other === thread ? { operation, after } : begun)) };
}

export function ended(history: RegisterHistory, thread: number, result: string | null): RegisterHistory {
  const begun = history.open[thread];
  if (begun === undefined || begun === null) throw new Error(`thread ${thread} ended an operation that it had not begun`);
  return {
    complete: history.complete.map((operations, other) => (other === thread ? [...operations, { ...begun, result }] : operations)),
    open: history.open.map((open, other) => (other === thread ? null : open)),
  };
}

/** Whether an order exists: every complete operation is in it, and of the open ones those that help. */
export function linearizable(history: RegisterHistory, initial: string): boolean {
  return orderFrom(history, history.complete.map(() => 0), history.open.map(() => false), initial);
}

function orderFrom(history: RegisterHistory, taken: readonly number[], openTaken: readonly boolean[], value: string): boolean {
  if (history.complete.every((operations, thread) => taken[thread] === operations.length)) return true;
  return history.complete.some((operations, thread) => {
    const complete = operations[taken[thread] ?? 0];
    const next = complete ?? (openTaken[thread] === true ? null : history.open[thread]) ?? null;
    if (next === null || next.after.some((count, other) => (taken[other] ?? 0) < count)) return false;
    if (complete?.operation.kind === "read" && complete.result !== value) return false;
    const after = next.operation.kind === "write" ? next.operation.value : value;
    return complete === undefined
      ? orderFrom(history, taken, openTaken.map((was, other) => was || other === thread), after)
      : orderFrom(history, taken.map((count, other) => (other === thread ? count + 1 : count)), openTaken, after);
  });
}
