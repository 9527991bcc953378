// `replay()`: plays a script step by step on a store and asks the property after every step. It judges one property, the one that broke when
// the script was written; everything that moves is the shipping engine's.
import type { Store, Host } from "@evenkeel/core/spi";
import { partitionOf } from "@evenkeel/core/spi";
import * as moves from "./moves.ts";
import { outcomeText, type ReplayOutcome } from "./outcome.ts";
import type { ReplayScript, ReplayStep } from "./script.ts";
import { Stage } from "./stage.ts";
import { stillHost } from "./still-host.ts";
import { arrivalsOf, DEFAULT_TENANT, invalid, subjectOf, type ReplayedSystem, type ReplaySubject } from "./subject.ts";
import { viewOf, type Seen } from "./view.ts";
import { watchedStore } from "./watched-store.ts";

/** Where a script is played. */
export interface ReplayPlace {
  readonly name: string;
  /** An empty store, and how to be rid of it. */
  open(host: Host, system: ReplayedSystem): Promise<{ readonly store: Store; close(): Promise<void> }>;
}

/** 2026-01-01T00:00:00Z, as in a check. */
const NOW = 1_767_225_600_000;
const MOST_MOVES = 300;

/**
 * Plays a counterexample on a store, without the checker: each step through the shipping executor, call runner and commits, in the script's
 * order; what the outside does is done by the scenario's answers behind the same ports. After every move the property is asked that broke
 * when the script was written. Steps that cannot happen any more are left out and named; at the end, what is under way goes on to its end
 * with every call answered `ok`, and the property is asked of that, too.
 *
 * Guarantees: the order of steps is the script's, on every store. Does not play retries' backoff, breakers, or the pace of calls; two
 * workers at once are two owners one after the other.
 *
 * @param subjects what `scenario()` makes, or a list of such; the script names one.
 * @throws EvenkeelError `REPLAY_INVALID` where the script does not fit the scenario; every code of the area "definition", and the store's.
 * @example
 * const { broken, text } = await replay(script, lastLamp, inMemory());
 * expect(broken, text).toBeNull();
 */
export async function replay(script: ReplayScript, subjects: ReplaySubject | readonly ReplaySubject[], place: ReplayPlace): Promise<ReplayOutcome> {
  const { definition } = subjectOf(script.scenario, subjects);
  const arrived = script.steps.find((step) => step.does === "arrives");
  const host = stillHost(definition.now ?? arrived?.message.occurredAt ?? NOW);
  const opened = await place.open(host, definition);
  try {
    const expiring = script.steps.flatMap((step) => (step.does === "gives up" ? [`${step.call.operation} ${step.call.tenant ?? DEFAULT_TENANT} ${step.call.key}`] : []));
    const { store, passed } = watchedStore(opened.store, ({ operation, tenant, callKey }) => expiring.indexOf(`${operation} ${tenant} ${callKey}`));
    const stage = await Stage.open({ store, host, passed, system: definition, partitions: partitionsFor(script) });
    return await new Player(script, stage).play();
  } finally {
    await opened.close();
  }
}

/** Each key of the script has a partition of its own, so that any of them can be served next. */
function partitionsFor({ steps }: ReplayScript): number {
  const keys = new Map(steps.flatMap((step) => {
    if (!("message" in step)) return [];
    const { tenant = DEFAULT_TENANT, key } = step.message;
    return [[`${tenant}\u0000${key}`, [tenant, key] as const] as const];
  }));
  for (let partitions = 16; partitions <= 256; partitions++) {
    if (new Set([...keys.values()].map(([tenant, key]) => partitionOf(tenant, key, partitions))).size === keys.size) return partitions;
  }
  throw invalid(`The replay has ${String(keys.size)} routing keys, which cannot be told apart by 256 partitions: use fewer in the scenario.`);
}

/** Thrown where the property does not hold, and caught by the player alone. */
class Broken extends Error {}

class Player {
  readonly #script: ReplayScript;
  readonly #stage: Stage;
  readonly #arrived = new Set<number>();
  #arrivals = 0;
  #before: Seen | null = null;
  #action: string | null = null;

  constructor(script: ReplayScript, stage: Stage) {
    this.#script = script;
    this.#stage = stage;
    this.#refuseUnknownProperty();
  }

  async play(): Promise<ReplayOutcome> {
    const skipped: { step: number; says: string; why: string }[] = [];
    let step = 0;
    let settled = false;
    const end = (broken: ReplayOutcome["broken"]): ReplayOutcome => {
      const outcome = { broken, skipped, settled };
      return { ...outcome, text: outcomeText(this.#script, outcome) };
    };
    let says = "where it begins";
    try {
      await this.#begin();
      for (const one of this.#script.steps) {
        step += 1;
        says = one.says;
        this.#action = one.action;
        const why = await this.#step(one);
        if (why !== null) skipped.push({ step, says, why });
      }
      says = "what was under way goes on to its end, every call answered ok";
      step += 1;
      this.#action = null;
      settled = await this.#settle(true, () => this.#ask());
    } catch (error) {
      if (error instanceof Broken) return end({ step, says, property: this.#script.property });
      throw error;
    }
    return end(null);
  }

  async #begin(): Promise<void> {
    for (const [number, given] of (this.#stage.system.given ?? []).entries()) {
      await moves.arriveGiven(this.#stage, given, number);
      await this.#settle(false, () => Promise.resolve());
    }
    await this.#ask();
  }

  #step(step: ReplayStep): Promise<moves.Missed> {
    const stage = this.#stage;
    const moved = (): Promise<void> => this.#ask();
    switch (step.does) {
      case "arrives": return this.#arrive(step);
      case "handles": return moves.handle(stage, step, moved);
      case "is killed": return moves.kill(stage, step.service, step.message, moved);
      case "is redriven": return moves.redrive(stage, step.service, step.message, moved);
      case "performs": return moves.attempt(stage, step.call, step.dies ? "dies" : "ends", step.end, moved);
      case "asks": return moves.attempt(stage, step.call, "ends", null, moved);
      case "gives up": return moves.attempt(stage, step.call, "gives up", null, moved);
      case "lands": return this.#land(step.call);
      case "fires": return moves.fire(stage, step.message, moved);
    }
  }

  async #arrive({ message, stimulus }: Extract<ReplayStep, { does: "arrives" }>): Promise<moves.Missed> {
    await moves.arrive(this.#stage, message, stimulus, ++this.#arrivals);
    this.#arrived.add(stimulus);
    await this.#ask();
    return null;
  }

  async #land({ operation, key, tenant = DEFAULT_TENANT }: Extract<ReplayStep, { does: "lands" }>["call"]): Promise<moves.Missed> {
    if (!this.#stage.provider.land({ operation, key, tenant })) return `nothing of '${operation}' under the key '${key}' is on its way`;
    await this.#ask();
    return null;
  }

  async #settle(withTimers: boolean, moved: moves.Moved): Promise<boolean> {
    for (let count = 0; count < MOST_MOVES; count++) if (!await moves.anything(this.#stage, withTimers, moved)) return true;
    return false;
  }

  /** Asks the property of the world as it is now. */
  async #ask(): Promise<void> {
    const { system } = this.#stage;
    const { property } = this.#script;
    const allArrived = system.when.every((entry, index) => arrivalsOf(entry).isOptional || this.#arrived.has(index));
    const seen = await viewOf(this.#stage, allArrived);
    const invariant = system.invariants?.[property];
    const goal = system.eventually?.[property];
    const rule = system.steps?.[property];
    if (invariant !== undefined) {
      if (typeof invariant === "function") holds(invariant, seen.state);
      else if (isTrue(invariant.when, seen.state)) holds(invariant.then, seen.state);
    }
    if (goal !== undefined && seen.isQuiet) holds(goal, seen.state);
    if (rule !== undefined && this.#before !== null && this.#action !== null) holds(rule, this.#before.state, seen.state, this.#action);
    this.#before = seen;
  }

  #refuseUnknownProperty(): void {
    const { invariants = {}, eventually = {}, steps = {} } = this.#stage.system;
    const known = [...Object.keys(invariants), ...Object.keys(eventually), ...Object.keys(steps)];
    if (known.includes(this.#script.property)) return;
    throw invalid(`The replay asks for the property '${this.#script.property}', and the scenario '${this.#script.scenario}' has none of this name: it has ${known.map((one) => `'${one}'`).join(", ")}.`);
  }
}

type Predicate = (...given: never[]) => boolean;

function isTrue(predicate: Predicate, ...given: readonly unknown[]): boolean {
  return Boolean(Reflect.apply(predicate, undefined, given));
}

function holds(predicate: Predicate, ...given: readonly unknown[]): void {
  if (!isTrue(predicate, ...given)) throw new Broken();
}
