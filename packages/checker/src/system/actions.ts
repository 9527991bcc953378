// The kinds of steps of a system, named so that a report shows which handlers, answers and faults were exercised.
import { outcomesOf, type Definition } from "./definitions.ts";
import type { KnownMessage } from "./contents.ts";
import type { Plan } from "./plan.ts";

export class Actions {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** By definition: the number of the handler of a message, or of an outcome by its kind. */
  readonly #handlers: Map<string, number>[] = [];
  readonly #outcomes: ReadonlySet<string>[] = [];
  readonly timer: number;
  readonly poison: number;
  readonly redrive: number;
  readonly takeover: number;
  readonly reaction: number;

  constructor(plan: Plan) {
    for (const stimulus of plan.stimuli) {
      for (const { envelope } of stimulus.variants) {
        this.#add(`${envelope.name} arrives`);
        if (plan.budgets.duplicates > 0) this.#add(`${envelope.name} arrives again`);
      }
    }
    for (const group of plan.system.groups) for (const definition of group.definitions) this.#addHandlers(definition);
    for (const [operation, { ends, reconcile, isSilent }] of plan.operations) {
      for (const end of ends) {
        const what = end.kind === "answers" ? end.name : end.kind;
        this.#add(`${operation} is performed: ${what}`);
        if (plan.withoutRows && end.kind === "notPerformed") this.#add(`${operation} is performed: ${what}, and is to be tried again`);
        if (plan.budgets.takeovers > 0 && (end.kind === "answers" || end.kind === "late-applied")) this.#add(`${operation} is performed: ${what}, and its worker is lost with it`);
        if (end.kind === "answers" && plan.budgets.crashes > 0) this.#add(`${operation} is performed: ${what}, and its worker dies`);
        if (end.kind === "late-applied" || end.kind === "late-denied") this.#add(`${operation} lands late`);
        if (end.kind === "answers" && reconcile === "ask") this.#add(`${operation} is asked: ${what}`);
      }
      if (reconcile === "ask") this.#add(`${operation} is asked: absent`);
      if (isSilent) this.#add(`${operation} passes its deadline`);
    }
    this.#addMutation(plan.mutation);
    this.timer = this.#add("a timer fires");
    this.poison = plan.budgets.poisons > 0 ? this.#add("a message kills its workers") : -1;
    this.redrive = plan.budgets.redrives > 0 ? this.#add("an operator redrives a dead letter") : -1;
    this.reaction = plan.stimuli.some(({ follows }) => follows !== null) ? this.#add("the outside answers later") : -1;
    this.takeover = plan.budgets.takeovers > 0 ? this.#add("a worker is lost, and another takes its key over") : -1;
  }

  #addMutation(mutation: Plan["mutation"]): void {
    if (mutation?.kind === "callsEarly") this.#add(`${mutation.operation} is called before its commit`);
    if (mutation?.kind !== "writesStale") return;
    this.#add(`${mutation.service} decides, and does not commit yet`);
    this.#add(`${mutation.service} commits what it decided`);
  }

  of(name: string): number {
    const known = this.#numbers.get(name);
    if (known === undefined) throw new Error(`The step '${name}' was not foreseen: this is a defect of the checker.`);
    return known;
  }

  /** The step of handling a message. */
  handling(definition: Definition, { envelope }: KnownMessage): number {
    const { name } = envelope;
    const isOutcome = this.#outcomes[definition.number]?.has(name) === true;
    const found = this.#handlers[definition.number]?.get(isOutcome ? `${name}\u0000${kindOf(envelope.body)}` : name);
    return found ?? this.of(`${definition.label} handles ${name}`);
  }

  #addHandlers(definition: Definition): void {
    const { label, number, service } = definition;
    const outcomes = outcomesOf(service);
    const numbers = new Map<string, number>();
    for (const name of definition.handles) {
      const operation = outcomes.get(name);
      if (operation === undefined) {
        numbers.set(name, this.#add(`${label} handles ${name}`));
        continue;
      }
      for (const kind of ["ok", ...Object.keys(operation.spec.failures ?? {}), "notPerformed", "unknown"]) {
        numbers.set(`${name}\u0000${kind}`, this.#add(`${label} handles ${operation.name}: ${kind}`));
      }
    }
    this.#handlers[number] = numbers;
    this.#outcomes[number] = new Set(outcomes.keys());
  }

  #add(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const made = this.names.length;
    this.names.push(name);
    this.#numbers.set(name, made);
    return made;
  }
}

/** The outcome's kind stands first in its body (core's call-outcome.ts writes it). */
function kindOf(body: string): string {
  return /^\{"kind":"([^"]*)"/.exec(body)?.[1] ?? "";
}
