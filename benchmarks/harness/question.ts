// What a question is: how it runs one round of one contestant (harness side) and what each role does (contestant's
// process). One file per question holds both, so that a reader sees the whole experiment.
import type { Context, Contestant, QuestionName, Traits } from "./contract.ts";
import type { Child } from "./child.ts";
import type { Json } from "./json.ts";
import type { Options } from "./options.ts";

/** The contestant's process talks with the harness through this. */
export interface Link {
  say(kind: string, more?: Json): void;
  hear(word: string): Promise<void>;
  /** Says "ready", waits for "go", then starts counting this process's CPU. */
  go(): Promise<void>;
  /** Reports CPU since `go` and peak memory with the figures of the role. */
  result(more: Json): void;
}

/** One round of one contestant, one mode: figures by name, `null` where unknown. */
export interface Sample {
  /** "" or the mode: "two processes", "restart" … */
  readonly mode: string;
  readonly figures: Readonly<Record<string, number | null>>;
  /** Set instead of figures: why there is nothing to print, or a limit that was hit ("> 60 s"). */
  readonly instead?: string;
  readonly remarks?: readonly string[];
}

/** What the harness offers to a question for one round in a fresh database. */
export interface Round {
  readonly options: Options;
  readonly contestant: Contestant;
  /** Starts a role in its own process. */
  start(role: string, params?: Json, context?: Partial<Pick<Context, "url" | "pooled" | "concurrency" | "variant">>): Child;
  /** Starts a role, waits for its result and end. */
  call(role: string, params?: Json): Promise<Json>;
  /** Drops the database and makes a fresh one, for questions with several modes in a round. */
  freshDatabase(): Promise<void>;
  /** `vacuum analyze` and `checkpoint`: everybody starts from the same quiet state. */
  settle(): Promise<void>;
  startMeter(): Promise<void>;
  /** Figures of the database per item, together with those of the finished processes. */
  readMeter(items: number, processes: readonly Json[]): Promise<Readonly<Record<string, number | null>>>;
  /** The pooler's address for the current database, or why there is none. */
  readonly pooler: { readonly url: string } | { readonly absent: string };
}

export interface Question {
  readonly name: QuestionName;
  /** In words, printed above the rows. */
  asks(options: Options): string;
  /** The figure by which contestants are compared. */
  readonly headline: { readonly figure: string; readonly better: "higher" | "lower" };
  /** Who is asked where the command line names nobody; default: the queues. */
  readonly contestants?: readonly string[];
  traits(contestant: Contestant): Traits | null;
  round(round: Round): Promise<readonly Sample[]>;
  play(role: string, contestant: Contestant, context: Context, params: Json, link: Link): Promise<void>;
}

/** The task of a contestant that is known to take part. */
export function need<T>(task: T | undefined, what: string): T {
  if (task === undefined) throw new Error(`${what} is not implemented by this contestant`);
  return task;
}
