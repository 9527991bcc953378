// How what a run has done is undone: its children are told to end, then its steps are taken back, the one that was done last first, one at a
// time. What is to be undone is read from the journal; how, from the code. It does not decide whether anything is undone: the run does.
import type { Definition } from "./definition.ts";
import type { Handling } from "./handling.ts";
import type { End, Entry } from "./journal.ts";
import { keptValue } from "./kept.ts";
import { timerName, undoKeyOf } from "./keys.ts";
import type { Replay } from "./replay.ts";
import { isOpenChild, isSettled } from "./standing.ts";
import type { WorkflowVerbs } from "./verbs.ts";

interface Undone { readonly id: string; readonly generation: number }

export class Undoing {
  readonly #run: Undone;
  readonly #definition: Definition;
  readonly #replay: Replay;
  readonly #verbs: WorkflowVerbs;
  readonly #context: Handling;

  constructor(definition: Definition, run: Undone, replay: Replay, verbs: WorkflowVerbs, context: Handling) {
    this.#definition = definition;
    this.#run = run;
    this.#replay = replay;
    this.#verbs = verbs;
    this.#context = context;
  }

  get #journal(): Entry[] {
    return this.#replay.journal;
  }

  /** Whether an answer is waited for although the function is no longer told of it: what was asked for may have to be undone. */
  isOwed(at: number): boolean {
    return this.#verbs.asks.has(at) && !isSettled(this.#journal, at);
  }

  /** Whether an answer to something that can be undone is still to come, or that of an undo. */
  isAnswerOwed(): boolean {
    return this.#journal.some((entry, at) => this.isOwed(at) || (entry.kind === "undoAsk" && !isSettled(this.#journal, at)));
  }

  /** Tells children under way to end; true: some have not ended. */
  cancelChildren(): boolean {
    const told = new Set(this.#journal.flatMap((entry) => entry.kind === "childCancelled" ? [entry.of] : []));
    const open = [...this.#verbs.children].filter(([at]) => isOpenChild(this.#journal, at));
    for (const [at, { workflow, id }] of open) {
      if (told.has(at)) continue;
      this.#journal.push({ kind: "childCancelled", of: at });
      const { id: run, generation } = this.#run;
      const parent = { workflow: this.#definition.name, run, request: at, generation };
      this.#context.emit(workflow.cancel({ id, reason: `its parent '${run}' ends`, parent }));
    }
    return open.length > 0;
  }

  /** The step that was done last, can be undone, and is not undone yet. */
  toUndo(): number | null {
    const undone = new Set(this.#journal.flatMap((entry) => entry.kind === "undo" || entry.kind === "undoAsk" ? [entry.of] : []));
    const next = this.#journal.findLast((entry) => entry.kind === "settled" && !undone.has(entry.of) && this.#isToUndo(entry.of, entry.end));
    return next?.kind === "settled" ? next.of : null;
  }

  /** Begins to undo the next one; false: there is none. */
  begin(): boolean {
    const of = this.toUndo();
    if (of === null) return false;
    const ask = this.#verbs.asks.get(of);
    if (ask !== undefined) {
      this.#journal.push({ kind: "undoAsk", of, name: ask.send.name, names: ask.names, until: this.#context.now + ask.withinMs });
      this.ask(this.#journal.length - 1, of);
      return true;
    }
    const step = this.#journal[of];
    const undo = this.#verbs.calls.get(of)?.undo;
    if (step?.kind !== "requested" || step.what !== "step" || undo === undefined || undo === null) return false;
    const entry = { kind: "undo", of, operation: undo.operation.name, key: undoKeyOf(step.key) } as const;
    this.#journal.push(entry);
    this.call(entry);
    return true;
  }

  /** Asks for an undo, for the first time or again, and waits for its answer as long as was said. */
  ask(at: number, of: number): void {
    const ask = this.#verbs.asks.get(of);
    if (ask === undefined) return;
    const { id, generation } = this.#run;
    this.#context.emit(ask.send);
    this.#context.schedule(this.#definition.due({ id, generation, request: at }), { afterMs: ask.withinMs, name: timerName(generation, at) });
  }

  #isToUndo(of: number, end: End): boolean {
    const step = this.#journal[of];
    if (step?.kind !== "requested") return false;
    if (step.what === "step") return step.type === "compensatable" && end.kind === "ok";
    const ask = this.#verbs.asks.get(of);
    // Without an answer in time nobody knows whether it was done.
    return ask !== undefined && !(end.kind === "ok" && ask.unless.has(answerName(end.value)));
  }

  /** Performs an undo, for the first time or again. */
  call({ of, operation, key }: Entry & { readonly kind: "undo" }): void {
    const settled = this.#journal.find((entry) => entry.kind === "settled" && entry.of === of);
    const undo = this.#verbs.calls.get(of)?.undo;
    if (undo === null || undo === undefined || settled?.kind !== "settled" || settled.end.kind !== "ok") return;
    // As the journal has it, also where the code names another by now: its outcome is known by it.
    this.#context.call(this.#definition.operations.get(operation) ?? undo.operation, { key, input: this.#undoInput(of, undo.inputOf(settled.end.value)) });
  }

  #undoInput(of: number, input: unknown): unknown {
    const step = this.#journal[of];
    const name = step?.kind === "requested" && step.what === "step" ? step.name : "";
    return keptValue(input, `the input of the undo of step '${name}' of run '${this.#run.id}' of workflow '${this.#definition.name}'`);
  }
}

function answerName(value: unknown): string {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string" ? value.name : "";
}
