// The part of a checked system that the standard invariants of a workflow look at, and what the provider's record says of a run's calls.
import type { AnyWorkflow } from "@evenkeel/core";
import { hasEnded, type CheckedRun, type RunCall } from "./run-calls.ts";

interface Placed { readonly key: string; readonly tenant: string }

/** What the provider did under one key. */
interface CheckedEffect extends Placed {
  readonly routingKey: string;
  readonly input: unknown;
  readonly applied: number;
}

interface Facts {
  readonly provider: Readonly<Record<string, readonly CheckedEffect[]>>;
  readonly calls: readonly { readonly service: string; readonly routingKey: string; readonly tenant: string; readonly state: string }[];
  readonly timers: readonly (Placed & { readonly name: string })[];
  readonly deadLetters: readonly (Placed & { readonly service: string })[];
  readonly isQuiet: boolean;
}

interface Runs { readonly runs: readonly CheckedRun[] }

/** What a check's state must have for a workflow of this name: a system that the workflow is part of has it. */
export type WorkflowWorld<N extends string> = { readonly [Name in N]: Runs } & Facts;

/** A world, looked at for one workflow. */
export class WorkflowView {
  readonly runs: readonly CheckedRun[];
  readonly facts: Facts;
  readonly #world: object;
  readonly #name: string;
  readonly #operations: readonly string[];

  constructor(workflow: AnyWorkflow, runs: readonly CheckedRun[], world: Facts) {
    this.runs = runs;
    this.facts = world;
    this.#world = world;
    this.#name = workflow.name;
    this.#operations = Object.values(workflow.ports).flatMap((port) => Object.values(port)).map(({ name }) => name);
  }

  /** How often the effect of a call of a run happened. */
  applied({ tenant }: CheckedRun, { operation, key }: RunCall): number {
    return this.facts.provider[operation]?.find((one) => one.key === key && one.tenant === tenant)?.applied ?? 0;
  }

  /** Every effect of an operation that the workflow may call. */
  effects(): readonly { readonly operation: string; readonly effect: CheckedEffect }[] {
    return this.#operations.flatMap((operation) =>
      (this.facts.provider[operation] ?? []).filter(({ applied }) => applied > 0).map((effect) => ({ operation, effect })));
  }

  /** How the keys of a run's steps begin, where they were not given, since it last began anew. */
  ownKeys({ key, generation }: CheckedRun): string {
    return `${this.#name}/${key}${generation === 0 ? "" : `#${String(generation)}`}/`;
  }

  calls({ key, tenant }: CheckedRun): Facts["calls"] {
    return this.facts.calls.filter((one) => one.service === this.#name && one.routingKey === key && one.tenant === tenant);
  }

  hasTimer({ key, tenant }: CheckedRun): boolean {
    return this.facts.timers.some((one) => one.name === `${this.#name}.due` && one.key === key && one.tenant === tenant);
  }

  hasDeadLetter({ key, tenant }: CheckedRun): boolean {
    return this.facts.deadLetters.some((one) => one.service === this.#name && one.key === key && one.tenant === tenant);
  }

  /** Whether a person sees something of this run that they have to do. */
  isBeforeAPerson(run: CheckedRun): boolean {
    return run.status === "attention" || this.hasDeadLetter(run) || this.calls(run).some(({ state }) => state === "attention");
  }

  /** Whether anything of the whole system waits for a person. */
  get someoneMustLook(): boolean {
    return this.facts.deadLetters.length > 0 || this.facts.calls.some(({ state }) => state === "attention");
  }

  /** Where a run waits for messages by another key: its requests that are known at that key, or at any. */
  waitsAt(other: string | null, { key, tenant }: CheckedRun): readonly KeyWait[] {
    return keysOf(Reflect.get(this.#world, this.#name))
      .filter((one) => one.tenant === tenant && (other === null || one.key === other)).flatMap(({ waits }) => waits).filter(({ run }) => run === key);
  }

  /** Whether this run of another workflow is there and on its way. */
  isUnderWay(workflow: string, id: string, tenant: string): boolean {
    const documents: unknown = Reflect.get(this.#world, workflow);
    if (typeof documents !== "object" || documents === null || !("runs" in documents) || !Array.isArray(documents.runs)) return false;
    return documents.runs.some((run: unknown) => isRunOf(run, id, tenant) && run.status !== "awaited" && !hasEnded(run));
  }
}

interface KeyWait { readonly run: string; readonly request: number }

/** A workflow that waits for nothing by other keys has none. */
function keysOf(documents: unknown): readonly (Placed & { readonly waits: readonly KeyWait[] })[] {
  if (typeof documents !== "object" || documents === null || !("keys" in documents) || !Array.isArray(documents.keys)) return [];
  return documents.keys.filter((one: unknown) => isKeyDocument(one));
}

function isKeyDocument(one: unknown): one is Placed & { readonly waits: readonly KeyWait[] } {
  return typeof one === "object" && one !== null && "key" in one && "tenant" in one && "waits" in one && Array.isArray(one.waits);
}

/** Runs of other workflows have no type here. */
function isRunOf(run: unknown, id: string, tenant: string): run is CheckedRun {
  return typeof run === "object" && run !== null && "key" in run && run.key === id && "tenant" in run && run.tenant === tenant && "status" in run;
}
