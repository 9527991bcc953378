// Which of the movers of a world are enough: a stubborn set. Whatever can happen before one of them moves leaves their steps as they are, so
// every way on has an equivalent one that begins with one of them. What has to happen is always among them.
import type { World } from "../system/cell.ts";
import type { Mover } from "../system/movers.ts";
import { Bits } from "./bits.ts";
import type { ReducedParts, Relations } from "./relations.ts";

export class Chooser {
  readonly #parts: ReducedParts;
  readonly #relations: Relations;
  readonly #taken: Bits;
  readonly #enabled: Bits;
  readonly #waiting: number[] = [];
  /** Keys in the order in which they were met. */
  readonly #ranks = new Map<string, number>();

  constructor(parts: ReducedParts, relations: Relations) {
    this.#parts = parts;
    this.#relations = relations;
    this.#taken = new Bits(relations.known);
    this.#enabled = new Bits(relations.known);
  }

  /** @param movers all that can move in this world. Returns those whose steps are enough, in the same order. */
  choose(world: World, movers: readonly Mover[]): readonly Mover[] {
    if (movers.length < 2 || movers.some(({ number }) => number >= this.#relations.known)) return movers;
    this.#enabled.clear();
    for (const { number } of movers) this.#enabled.add(number);
    let best: readonly Mover[] = movers;
    let least = Infinity;
    // Where nothing has to happen, all that may is looked at: worlds at rest are all kept.
    for (const seed of movers) {
      if (seed.isOptional || !this.#close(seed.number, world, movers.length)) continue;
      const chosen = movers.filter(({ number }) => this.#taken.has(number));
      const cost = this.#costOf(chosen);
      if (cost >= least) continue;
      best = chosen;
      least = cost;
    }
    return best;
  }

  /**
   * What concerns one key alone comes first, and the first key before the others, so that one after the other comes to its end: worlds in
   * the midst of several are what there are most of. Then the fewest.
   */
  #costOf(chosen: readonly Mover[]): number {
    const owners = new Set<number>();
    for (const { owner } of chosen) {
      const rank = this.#ranks.get(owner) ?? this.#ranks.size;
      this.#ranks.set(owner, rank);
      owners.add(rank);
    }
    return owners.size * 1e9 + Math.min(...owners) * 1e5 + chosen.length;
  }

  /** Takes a mover and all that must come with it. False: these are not fewer than `most`. */
  #close(seed: number, world: World, most: number): boolean {
    const taken = this.#taken;
    const waiting = this.#waiting;
    let enabled = 0;
    taken.clear();
    taken.add(seed);
    waiting.length = 0;
    waiting.push(seed);
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
      if (this.#enabled.has(number)) {
        enabled += 1;
        if (enabled >= most) return false;
        this.#take(this.#relations.dependents(number));
        continue;
      }
      const mover = this.#parts.space.known.all[number];
      if (mover !== undefined) for (const needed of this.#needed(mover, world)) this.#take(needed);
    }
    return true;
  }

  #take({ words }: Bits): void {
    const taken = this.#taken.words;
    for (let at = 0; at < words.length; at += 1) {
      const fresh = (words[at] ?? 0) & ~(taken[at] ?? 0);
      if (fresh === 0) continue;
      taken[at] = (taken[at] ?? 0) | fresh;
      for (let rest = fresh; rest !== 0; rest &= rest - 1) this.#waiting.push(at * 32 + (31 - Math.clz32(rest & -rest)));
    }
  }

  /** Of those that must all be absent for a mover to stay unable to move: one of these has to move before it can. */
  #needed(mover: Mover, world: World): readonly Bits[] {
    const { space, plan, cells } = this.#parts;
    const relations = this.#relations;
    switch (mover.kind) {
      case "arrives": return [];
      case "arrivesAgain": {
        const cell = cells.stimuli[mover.stimulus];
        const arrival = space.known.arrival(mover.stimulus);
        if (cell === undefined || arrival === undefined) return [];
        return cell.in(world) === undefined ? [only(arrival.number)] : [relations.writers(cell)];
      }
      case "handles":
      case "killed":
      case "redriven": {
        const { queue, message } = mover;
        const holds = queue.in(world);
        const head = holds?.messages[0];
        if (holds === undefined || head === undefined) return [relations.starters(mover)];
        const isDead = holds.parked?.isDead === true;
        const revive = plan.budgets.redrives > 0 ? [only(space.known.head("redriven", queue, head).number)] : [];
        if (isDead) return head === message && mover.kind === "redriven" ? [] : revive;
        const handle = only(space.known.head("handles", queue, head).number);
        if (head !== message) return [handle];
        if (mover.kind !== "redriven") return [];
        return plan.budgets.poisons > 0 ? [handle, only(space.known.head("killed", queue, head).number)] : [handle];
      }
      case "calls": {
        const isThere = (mover.line.in(world) ?? []).some(({ call }) => call.id === mover.callId);
        return isThere ? [relations.writers(mover.line), relations.writers(mover.effect)] : [relations.starters(mover)];
      }
      case "lands":
      case "fires":
      case "takenOver": return [relations.starters(mover)];
    }
  }
}

function only(number: number): Bits {
  const bits = new Bits(number + 1);
  bits.add(number);
  return bits;
}
