// From the definition of a check to its plan: everything that is wrong with it is said here, before anything is explored.
import { EvenkeelError, type AnyMessageDefinition, type AnyService, type Envelope } from "@evenkeel/core";
import { checkDefinitions, derivedId, encode } from "@evenkeel/core/engine";
import type { Cells } from "./cells.ts";
import type { Mutation } from "../mutation/mutation.ts";
import type { KnownMessage } from "./contents.ts";
import { systemOf, type System } from "./definitions.ts";
import { Messages } from "./messages.ts";
import type { Plan, PlannedStimulus } from "./plan.ts";
import { planOperations, type FaultsGiven } from "./plan-operations.ts";
import { providedFake, type FakePort } from "./answers.ts";
import { follower, type Reaction } from "./reaction.ts";
import type { Twin } from "./statements.ts";
import { arrivalsOf, type Arrival, type MadeMessage, type WhenEntry } from "./stimulus.ts";
import { FACTS } from "./view.ts";

/** A definition with its types spent. */
export interface GivenDefinition {
  readonly system: readonly AnyService[];
  readonly versions?: readonly AnyService[];
  readonly given?: readonly (MadeMessage | Arrival)[];
  readonly when: readonly WhenEntry[];
  readonly reactions?: readonly Reaction[];
  readonly ports?: readonly FakePort[];
  readonly faults?: FaultsGiven;
  readonly attempts?: number;
  readonly now?: number;
  /** See `Plan.returnsBudgets`. */
  readonly returnsBudgets?: boolean;
  readonly mutation?: Mutation;
  readonly observe?: readonly AnyMessageDefinition[];
  readonly statements?: { readonly tables: unknown; readonly twins: Readonly<Record<string, Twin>> };
}

/** 2026-01-01T00:00:00Z: any present will do, as long as it stays. */
const NOW = 1_767_225_600_000;
const DEFAULT_ATTEMPTS = 3;
export const LIMITS = { maxBodyLength: 262_144, onLargeBody: () => undefined };

/** Stimuli that nobody's budget counts. */
const NOBODY = -1;

interface PlannedSystem {
  readonly plan: Plan;
  readonly messages: Messages;
  readonly given: readonly KnownMessage[];
}

export function planSystem(definition: GivenDefinition, cells: Cells): PlannedSystem {
  const mutation = definition.mutation ?? null;
  const { system: services, versions = [], given = [], when, faults = {} } = definition;
  check(services, versions, definition.ports ?? []);
  const system = systemOf(services, versions, new Set((definition.observe ?? []).map((one) => one.name)));
  const messages = new Messages(cells, system);
  const now = definition.now ?? NOW;
  const budgets = {
    // A door that takes repeats in shows only where something repeats.
    duplicates: Math.max(count("faults.duplicates", faults.duplicates), mutation?.kind === "opensDoor" ? 1 : 0), crashes: count("faults.crashes", faults.crashes),
    poisons: count("faults.poisons", faults.poisons), redrives: count("faults.redrives", faults.redrives),
    takeovers: count("faults.takeovers", faults.takeovers),
  };
  const names = new Set<string>();
  const stimuli = when.map((entry, index): PlannedStimulus => {
    const { arrivals, isOptional } = arrivalsOf(entry);
    cells.stimulus(index);
    const stories = arrivals.map((one) => storyOf(system, one, now, names));
    const variants = stories.map((story) => messages.know(story.envelope("", story.name), index));
    // What the door absorbs is the same world again.
    const isKeyed = stories.every((story) => story.isKeyed);
    const times = isKeyed && mutation?.kind !== "opensDoor" ? 0 : budgets.duplicates;
    const repeats = Array.from({ length: times }, (_, repeat) => stories.map((story) =>
      messages.know(story.envelope(`/again ${String(repeat + 1)}`, `${story.name}, again${repeat === 0 ? "" : ` (${String(repeat + 1)})`}`), index, repeat)));
    return { variants, repeats, isOptional, isKeyed, follows: null };
  });
  stimuli.push(...reactionsOf(definition, { system, messages, cells, now, from: stimuli.length }));
  if (stimuli.length === 0 && given.length === 0) throw invalid("The check gives the system nothing to do: name messages in `when`.");
  const tables = definition.statements?.tables ?? null;
  const cell = cells.value("tables");
  return {
    messages,
    given: given.map((one) => {
      const story = storyOf(system, "kind" in one ? one : { kind: "arrival", message: one, options: {} }, now, names);
      return messages.know(story.envelope("", story.name), NOBODY);
    }),
    plan: {
      system, stimuli, budgets, now, withoutRows: faults.takeovers !== undefined, returnsBudgets: definition.returnsBudgets ?? true,
      mutation, attempts: Math.max(1, count("attempts", definition.attempts ?? DEFAULT_ATTEMPTS)),
      operations: planOperations(system, definition.ports ?? [], faults),
      twins: { cell, initial: tables, byName: new Map(Object.entries(definition.statements?.twins ?? {})), opaque: new Set() },
    },
  };
}

/** They arrive as stimuli do, behind those that come by themselves. */
function reactionsOf(
  { reactions = [] }: GivenDefinition, { system, messages, cells, now, from }: {
    readonly system: System; readonly messages: Messages; readonly cells: Cells; readonly now: number; readonly from: number;
  },
): readonly PlannedStimulus[] {
  return reactions.map((one, index) => {
    if (!system.operations.has(one.operation)) throw invalid(`A reaction follows '${one.operation}', which no service of the system calls.`);
    cells.stimulus(from + index);
    const follows = follower(one, { messages, stimulus: from + index, now, limits: LIMITS });
    return { variants: [], repeats: [], isOptional: true, isKeyed: false, follows };
  });
}

interface Story {
  readonly name: string;
  readonly isKeyed: boolean;
  envelope(occasion: string, correlationId: string): Envelope;
}

/** Everything that one arrival sets in motion is one story, told by its first message's name and key. */
function storyOf(system: System, { message, options }: Arrival, now: number, names: Set<string>): Story {
  const { definition, data } = message;
  if (!system.handlers.has(definition.name)) {
    throw invalid(`'${definition.name}' is published, and no service of the system handles it: add the service, or leave the message out.`);
  }
  const tenant = options.tenant ?? "default";
  const first = encode(definition, data, { id: "", tenant, causationId: null, correlationId: "", trace: null, occurredAt: now }, 1, LIMITS);
  const base = `${definition.name} ${first.key}`;
  let name = base;
  for (let number = 2; names.has(name); number++) name = `${base} (${String(number)})`;
  names.add(name);
  const doorKey = options.idempotencyKey ?? `~${name}`;
  return {
    name, isKeyed: options.idempotencyKey !== undefined,
    envelope: (occasion, correlationId) => ({ ...first, id: derivedId(`${tenant}\u0000${doorKey}${occasion}\u00000`), correlationId }),
  };
}

function check(services: readonly AnyService[], versions: readonly AnyService[], ports: readonly FakePort[]): void {
  // Whatever is handled may come from outside of what is checked.
  const accepts = [...new Set(services.flatMap((service) => service.routes.flatMap((route) => (route.kind === "message" ? [route.definition] : []))))];
  checkDefinitions({ services, accepts, ports: ports.map(providedFake) });
  for (const { name } of services) {
    if (FACTS.some((fact) => fact === name)) throw invalid(`A service is named '${name}', which is what a check calls one of its facts: rename it.`);
  }
  for (const { name } of versions) {
    if (!services.some((service) => service.name === name)) throw invalid(`\`versions\` has a service '${name}' that is not in \`system\`.`);
  }
}

function count(option: string, value: number | undefined): number {
  const given = value ?? 0;
  if (Number.isSafeInteger(given) && given >= 0) return given;
  throw new EvenkeelError("CONFIG_INVALID", `The option '${option}' of a check is ${String(value)}: give a whole number from 0.`, { details: { option } });
}

export function invalid(message: string): EvenkeelError {
  return new EvenkeelError("MODEL_INVALID", message);
}
