// What a script is played on: the services, the providers' answers and the properties of a scenario, by their shape alone, so that nothing of
// the checker has to be there.
import { EvenkeelError } from "@evenkeel/core";
import type { AnyMessageDefinition, AnyService, Operation } from "@evenkeel/core";

interface Made { readonly name: string; readonly definition: AnyMessageDefinition; readonly data: unknown }
interface Arrival { readonly kind: "arrival"; readonly message: Made; readonly options: { readonly idempotencyKey?: string; readonly tenant?: string } }
type Entry = Made | Arrival;
type When = Entry | { readonly kind: "oneOf"; readonly entries: readonly Entry[] } | { readonly kind: "optional"; readonly entry: When };

type Predicate = (state: never) => boolean;
type Twin = (tables: unknown, values: readonly (string | null)[]) => { readonly tables: unknown; readonly rows: number };

/** What a provider answers: by the operation's name in the port, and by the name of the answer, a value or a function of the request. */
export interface ReplayedPort {
  readonly port: Readonly<Record<string, Operation>>;
  readonly answers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The definition of a scenario. */
export interface ReplayedSystem {
  readonly system: readonly AnyService[];
  readonly versions?: readonly AnyService[];
  readonly given?: readonly Entry[];
  readonly when: readonly When[];
  readonly ports?: readonly ReplayedPort[];
  readonly attempts?: number;
  readonly now?: number;
  readonly observe?: readonly AnyMessageDefinition[];
  readonly statements?: { readonly tables: unknown; readonly twins: Readonly<Record<string, Twin>> };
  readonly invariants?: Readonly<Record<string, Predicate | { readonly when: Predicate; readonly then: Predicate }>>;
  readonly steps?: Readonly<Record<string, (before: never, after: never, step: string) => boolean>>;
  readonly eventually?: Readonly<Record<string, Predicate>>;
}

/** What `scenario()` makes. */
export interface ReplaySubject { readonly name: string; readonly definition: ReplayedSystem }

interface PlannedArrival { readonly message: Made; readonly tenant: string; readonly idempotencyKey: string | null }

/** The scenario of this name, of one or of a list from the narrowest to the widest. Throws `REPLAY_INVALID`. */
export function subjectOf(name: string, given: ReplaySubject | readonly ReplaySubject[]): ReplaySubject {
  const all = "definition" in given ? [given] : given;
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw invalid(`The replay was found in the scenario '${name}', and there is none of this name: there is ${all.map((one) => `'${one.name}'`).join(", ")}.`);
}

/** The alternatives of an entry of `when`; none: an entry that is not there any more. */
export function arrivalsOf(entry: When | undefined): { readonly isOptional: boolean; readonly arrivals: readonly PlannedArrival[] } {
  if (entry === undefined) return { isOptional: true, arrivals: [] };
  if (!("kind" in entry) || entry.kind === "arrival") return { isOptional: false, arrivals: [arrivalOf(entry)] };
  if (entry.kind === "oneOf") return { isOptional: false, arrivals: entry.entries.map(arrivalOf) };
  return { isOptional: true, arrivals: arrivalsOf(entry.entry).arrivals };
}

export function arrivalOf(entry: Entry): PlannedArrival {
  if (!("kind" in entry)) return { message: entry, tenant: DEFAULT_TENANT, idempotencyKey: null };
  return { message: entry.message, tenant: entry.options.tenant ?? DEFAULT_TENANT, idempotencyKey: entry.options.idempotencyKey ?? null };
}

export const DEFAULT_TENANT = "default";

export function invalid(message: string): EvenkeelError {
  return new EvenkeelError("REPLAY_INVALID", `${message} Rename it in the replay as well, or write the replay anew with evenkeel check --replays.`);
}
