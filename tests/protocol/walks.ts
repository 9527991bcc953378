// Ways through a scope of lock steps, as a server can be led: one attempt after another, a commit and the release of its locks as one. Some that
// between them contain every class of transition, and some by chance.
import { initialLocks, LockSteps, type LockState, type Transaction } from "../../packages/checker/src/protocol/locks/lock-state.ts";

export interface Move { readonly name: string; readonly before: LockState; readonly after: LockState; readonly classes: readonly string[] }
export type Walk = readonly Move[];

export class Walks {
  readonly steps: LockSteps;
  readonly #transactions: readonly Transaction[];

  constructor(transactions: readonly Transaction[]) {
    this.#transactions = transactions;
    this.steps = new LockSteps(transactions);
  }

  moves(before: LockState): Move[] {
    return this.#transactions.filter(({ name }) => this.steps.canAttempt(before, name)).map(({ name }) => {
      const step = this.steps.next(before, name);
      const once = this.steps.attempt(before, name);
      const after = step?.do === "commit" ? this.steps.attempt(once, name) : once;
      return { name, before, after, classes: this.#classesOf(before, after, name) };
    });
  }

  /** What becomes of the step, and of those that waited: whose step it is, whether it is done, refused, or waits and for whom. */
  #classesOf(before: LockState, after: LockState, name: string): string[] {
    const moved = [name, ...before.waiting.filter((one) => !after.waiting.includes(one))];
    return moved.map((one) => {
      const step = this.steps.next(before, one);
      const end = after.waiting.includes(one) ? `waits for ${this.steps.blockers(after, one).join(" and ")}` : after.end[one] === "refused" ? "refused" : "done";
      return `${one}: ${String(before.at[one])} ${step?.do ?? ""} ${step !== undefined && "lock" in step ? step.lock : ""} ${end}${one === name ? "" : ", after it waited"}`;
    });
  }

  get start(): LockState {
    return initialLocks(this.#transactions, 2);
  }

  /** To the end of all, by chance; what is in `wanted` goes first. */
  finish(from: Walk, random: () => number, wanted: ReadonlySet<string> = new Set()): Walk {
    const walk = [...from];
    for (;;) {
      const moves = this.moves(walk.at(-1)?.after ?? this.start);
      const best = moves.filter(({ classes }) => classes.some((one) => wanted.has(one)));
      const choice = best.length > 0 ? best : moves;
      const move = choice[Math.floor(random() * choice.length)];
      if (move === undefined) return walk;
      walk.push(move);
    }
  }

  /** Walks that between them contain every class of transition there is. */
  covering(random: () => number): { readonly walks: Walk[]; readonly classes: number; readonly states: number; readonly transitions: number } {
    const first = new Map<string, Walk>();
    const paths = new Map<string, Walk>([[JSON.stringify(this.start), []]]);
    let transitions = 0;
    for (const [, path] of paths) {
      for (const move of this.moves(path.at(-1)?.after ?? this.start)) {
        transitions++;
        const walk = [...path, move];
        for (const one of move.classes) if (!first.has(one)) first.set(one, walk);
        const key = JSON.stringify(move.after);
        if (!paths.has(key)) paths.set(key, walk);
      }
    }
    const left = new Set(first.keys());
    const walks: Walk[] = [];
    for (const [name, path] of [...first].sort(([, a], [, b]) => b.length - a.length)) {
      if (!left.has(name)) continue;
      const walk = this.finish(path, random, left);
      for (const { classes } of walk) for (const one of classes) left.delete(one);
      walks.push(walk);
    }
    return { walks, classes: first.size, states: paths.size, transitions };
  }
}
