// Who can move: each thing of a system that can make a step, with a number that stays. A mover is a step with its choices left open: one
// message for one group, one call whatever the provider answers, one timer. What a step does is decided elsewhere.
import type { EffectCell, TimerCell } from "./cells.ts";
import type { KnownMessage, LineCell, QueueCell } from "./contents.ts";
import type { Plan } from "./plan.ts";

export type Mover = {
  /** Its place among all that are known. */
  readonly number: number;
  /** Nothing has to become of it: a fault, or something that may never arrive. */
  readonly isOptional: boolean;
  /** The routing key that it acts for. */
  readonly owner: string;
} & (
  | { readonly kind: "arrives" | "arrivesAgain"; readonly stimulus: number }
  | { readonly kind: HeadKind; readonly queue: QueueCell; readonly message: KnownMessage }
  | { readonly kind: "calls"; readonly line: LineCell; readonly callId: string; readonly stimulus: number; readonly effect: EffectCell }
  | { readonly kind: "lands"; readonly effect: EffectCell }
  | { readonly kind: "fires"; readonly timer: TimerCell }
  | { readonly kind: "takenOver"; readonly held: readonly LineCell[] }
);

/** What can become of the head of a queue. */
type HeadKind = "handles" | "killed" | "redriven";
const HEADS: readonly HeadKind[] = ["handles", "killed", "redriven"];

export class Movers {
  readonly all: Mover[] = [];
  readonly #plan: Plan;
  readonly #arrivals: Mover[];
  readonly #repeats: Mover[];
  readonly #heads = new Map<KnownMessage, (Mover | undefined)[]>();
  readonly #calls = new Map<LineCell, Map<string, Mover>>();
  readonly #effects = new Map<EffectCell, Mover>();
  readonly #timers = new Map<TimerCell, Mover>();
  readonly #held = new Map<readonly LineCell[], Mover>();

  constructor(plan: Plan) {
    this.#plan = plan;
    const owners = plan.stimuli.map(({ variants: [first] }) => first?.envelope.key ?? "");
    this.#arrivals = plan.stimuli.map(({ isOptional }, stimulus) =>
      this.#keep({ number: this.all.length, isOptional, owner: owners[stimulus] ?? "", kind: "arrives", stimulus }));
    this.#repeats = plan.stimuli.map((_, stimulus) =>
      this.#keep({ number: this.all.length, isOptional: true, owner: owners[stimulus] ?? "", kind: "arrivesAgain", stimulus }));
  }

  arrival(stimulus: number): Mover | undefined {
    return this.#arrivals[stimulus];
  }

  repeat(stimulus: number): Mover | undefined {
    return this.#repeats[stimulus];
  }

  head(kind: HeadKind, queue: QueueCell, message: KnownMessage): Mover {
    const known = this.#heads.get(message) ?? [];
    if (known.length === 0) this.#heads.set(message, known);
    const at = queue.group * HEADS.length + HEADS.indexOf(kind);
    return (known[at] ??= this.#keep({ number: this.all.length, isOptional: kind !== "handles", owner: queue.routingKey, kind, queue, message }));
  }

  /** All that can ever become of a message once it stands in this queue. */
  heads(queue: QueueCell, message: KnownMessage): readonly Mover[] {
    const { poisons, redrives } = this.#plan.budgets;
    return HEADS.filter((kind) => kind === "handles" || (kind === "killed" ? poisons : redrives) > 0).map((kind) => this.head(kind, queue, message));
  }

  call(line: LineCell, callId: string, stimulus: number, effect: EffectCell): Mover {
    const known = this.#calls.get(line) ?? new Map<string, Mover>();
    if (known.size === 0) this.#calls.set(line, known);
    const found = known.get(callId)
      ?? this.#keep({ number: this.all.length, isOptional: false, owner: line.routingKey, kind: "calls", line, callId, stimulus, effect });
    known.set(callId, found);
    return found;
  }

  late(effect: EffectCell): Mover {
    const found = this.#effects.get(effect) ?? this.#keep({ number: this.all.length, isOptional: false, owner: [...effect.routingKeys][0] ?? "", kind: "lands", effect });
    this.#effects.set(effect, found);
    return found;
  }

  timer(timer: TimerCell): Mover {
    const found = this.#timers.get(timer) ?? this.#keep({ number: this.all.length, isOptional: false, owner: timer.place.routingKey, kind: "fires", timer });
    this.#timers.set(timer, found);
    return found;
  }

  takeover(held: readonly LineCell[]): Mover {
    const found = this.#held.get(held) ?? this.#keep({ number: this.all.length, isOptional: true, owner: held[0]?.routingKey ?? "", kind: "takenOver", held });
    this.#held.set(held, found);
    return found;
  }

  #keep(mover: Mover): Mover {
    this.all.push(mover);
    return mover;
  }
}
