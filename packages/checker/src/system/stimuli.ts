// The door: stimuli arrive, some of them again. And the budgets of faults, which belong to the stimulus that set the affected message in
// motion, so that what one order meets never depends on another one.
import type { Cell, World } from "./cell.ts";
import type { Cells } from "./cells.ts";
import type { KnownMessage, Stimulus } from "./contents.ts";
import type { Plan, PlannedStimulus } from "./plan.ts";
import { append } from "./append.ts";

const ARRIVED: Omit<Stimulus, "variant"> = { spent: [], open: [], crashes: 0, poisons: 0, redrives: 0, takeovers: 0 };

function numberOf(cell: Cell<Stimulus>, stimulus: Stimulus): number {
  const { variant, spent, open, crashes, poisons, redrives, takeovers } = stimulus;
  const waiting = open.map(({ repeat, left }) => `${String(repeat)}/${String(left)}`).join(" ");
  return cell.number([variant, spent.join(" "), waiting, crashes, poisons, redrives, takeovers].join(","), () => stimulus);
}

type Fault = "crashes" | "poisons" | "redrives" | "takeovers";

export class Door {
  readonly #plan: Plan;
  readonly #cells: readonly Cell<Stimulus>[];

  constructor(plan: Plan, cells: Cells) {
    this.#plan = plan;
    this.#cells = cells.stimuli;
  }

  get stimuli(): readonly PlannedStimulus[] { return this.#plan.stimuli; }

  has(world: World, index: number): boolean {
    return this.#cells[index]?.in(world) !== undefined;
  }

  arrive(world: World, index: number, variant: number, message: KnownMessage): World {
    const next = world.fork();
    this.#put(next, index, { ...ARRIVED, variant });
    append(next, message);
    return next;
  }

  /**
   * What arrives if it arrives again: null where its budget is spent, or the door knows it. The lowest number that is free, so that the
   * worlds after a repeat that changed nothing are those before it.
   */
  repeat(world: World, index: number): { readonly repeat: number; readonly message: KnownMessage } | null {
    const at = this.#cells[index]?.in(world);
    if (at === undefined || at.spent.length + at.open.length >= this.#plan.budgets.duplicates) return null;
    let repeat = 0;
    while (at.spent.includes(repeat) || at.open.some((one) => one.repeat === repeat)) repeat++;
    const message = this.#plan.stimuli[index]?.repeats[repeat]?.[at.variant];
    return message === undefined ? null : { repeat, message };
  }

  /** Whether it may arrive again, now or once a repeat has turned out to change nothing. */
  mayRepeat(world: World, index: number): boolean {
    const at = this.#cells[index]?.in(world);
    return at !== undefined && at.spent.length < this.#plan.budgets.duplicates && (this.#plan.stimuli[index]?.repeats.length ?? 0) > 0;
  }

  arriveAgain(world: World, index: number, repeat: number, message: KnownMessage): World {
    const next = world.fork();
    const at = this.#cells[index]?.in(world);
    if (at === undefined) return next;
    const open = [...at.open, { repeat, left: message.queues.length }].sort((a, b) => a.repeat - b.repeat);
    this.#put(next, index, { ...at, open });
    append(next, message);
    return next;
  }

  /**
   * A repeat was handled by one group. Where no group made anything of it, every world since is one that is reached without it, so the
   * budget comes back and the worlds merge.
   */
  repeatHandled(next: World, { stimulus, repeat }: KnownMessage, changedNothing: boolean): void {
    const at = this.#cells[stimulus]?.in(next);
    const mine = at?.open.find((one) => one.repeat === repeat);
    if (at === undefined || mine === undefined) return;
    const others = at.open.filter((one) => one !== mine);
    if (!changedNothing || !this.#plan.returnsBudgets) this.#put(next, stimulus, { ...at, spent: [...at.spent, repeat].sort((a, b) => a - b), open: others });
    else if (mine.left > 1) this.#put(next, stimulus, { ...at, open: [...others, { ...mine, left: mine.left - 1 }].sort((a, b) => a.repeat - b.repeat) });
    else this.#put(next, stimulus, { ...at, open: others });
  }

  allows(world: World, stimulus: number, fault: Fault): boolean {
    const at = this.#cells[stimulus]?.in(world);
    return at !== undefined && at[fault] < this.#plan.budgets[fault];
  }

  /** @param by 1: the fault happens; -1: it turned out to make no difference. */
  count(next: World, stimulus: number, fault: Fault, by: 1 | -1): void {
    if (by < 0 && !this.#plan.returnsBudgets) return;
    const at = this.#cells[stimulus]?.in(next);
    if (at !== undefined) this.#put(next, stimulus, { ...at, [fault]: at[fault] + by });
  }

  #put(next: World, index: number, stimulus: Stimulus): void {
    const cell = this.#cells[index];
    if (cell !== undefined) next.set(cell, numberOf(cell, stimulus));
  }
}
