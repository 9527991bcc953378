// The outside world of a replay, behind the ports that the services declare: it answers, stays silent or refuses as the script says, and keeps
// keys as a good provider does: an effect happens once per key, and the same key is answered the same again.
import { notPerformed } from "@evenkeel/core";
import type { AnyService, CallRequest, Operation, ProvidedPort } from "@evenkeel/core";
import { invalid, type ReplayedPort } from "./subject.ts";

type ProvidedOperation = ProvidedPort["implementation"][string];
type Answer = Awaited<ReturnType<ProvidedOperation["perform"]>>;

/** What the provider knows under one (operation, tenant, key). */
interface Effect {
  readonly operation: string;
  readonly tenant: string;
  readonly key: string;
  readonly input: unknown;
  /** What it answered, and will answer again; null: nothing yet. */
  answer: Answer | null;
  /** Times the effect happened. */
  applied: number;
  /** A request is still on its way: the provider knows of it when it is asked, or denies it. */
  late: "no" | "known" | "denied";
}

type Asked = Pick<Effect, "operation" | "tenant" | "key">;

/** Ends without an answer. */
const UNHEARD: ReadonlySet<string> = new Set(["notPerformed", "unknown-applied", "unknown-not-applied", "late-applied", "late-denied"]);

const never = (): Promise<never> => new Promise(() => undefined);

export class Provider {
  readonly #fakes: readonly ReplayedPort[];
  readonly #effects = new Map<string, Effect>();
  readonly #ends = new Map<string, string>();

  constructor(fakes: readonly ReplayedPort[]) {
    this.#fakes = fakes;
  }

  get effects(): readonly Effect[] {
    return [...this.#effects.values()];
  }

  /** The next attempt of this call ends so; without a word, every attempt ends as the provider keeps it, else with `ok`. */
  script(asked: Asked, end: string): void {
    if (!UNHEARD.has(end)) this.#given(end, asked.operation);
    this.#ends.set(idOf(asked), end);
  }

  /** What was on its way happens. False: nothing is. */
  land(asked: Asked): boolean {
    const effect = this.#effects.get(idOf(asked));
    if (effect === undefined || effect.late === "no") return false;
    effect.late = "no";
    if (effect.answer !== null) return true;
    effect.answer = this.#answer("ok", effect);
    effect.applied = 1;
    return true;
  }

  /** Every port of the services, with this provider behind it. */
  ports(services: readonly AnyService[]): readonly ProvidedPort[] {
    const ports = new Set(services.flatMap((service) => Object.values(service.ports)));
    return [...ports].map((port) => ({
      port,
      implementation: Object.fromEntries(Object.entries(port).map(([name, operation]) => [name, this.#implement(operation)])),
    }));
  }

  #implement({ name: operation }: Operation): ProvidedOperation {
    const asked = ({ key, tenant }: CallRequest<never>): Asked => ({ operation, tenant, key });
    return {
      perform: async (request) => this.#perform(asked(request), request.input),
      ask: async (request) => {
        const effect = this.#effects.get(idOf(asked(request)));
        if (effect?.answer != null) return effect.answer;
        // Of what is on its way a good provider cannot say yet what will become of it.
        return effect?.late === "known" ? never() : { kind: "absent" };
      },
    };
  }

  async #perform(asked: Asked, input: unknown): Promise<Answer> {
    const id = idOf(asked);
    const end = this.#ends.get(id) ?? "ok";
    this.#ends.delete(id);
    const effect = this.#effects.get(id) ?? { ...asked, input, answer: null, applied: 0, late: "no" as const };
    switch (end) {
      case "notPerformed": throw notPerformed("The call was certainly not performed.", { retry: "never" });
      case "unknown-not-applied": return never();
      case "unknown-applied":
        this.#keep(effect, "ok", input);
        return never();
      case "late-applied":
      case "late-denied":
        if (effect.answer === null && effect.late === "no") this.#effects.set(id, { ...effect, late: end === "late-applied" ? "known" : "denied" });
        return never();
      default: return this.#keep(effect, end, input);
    }
  }

  #keep(effect: Effect, name: string, input: unknown): Answer {
    const answer = effect.answer ?? this.#answer(name, { ...effect, input });
    if (effect.answer === null) this.#effects.set(idOf(effect), { ...effect, input, answer, applied: answer.kind === "ok" ? 1 : 0 });
    return answer;
  }

  #answer(name: string, { operation, key, tenant, input }: Effect): Answer {
    const given = this.#given(name, operation);
    const value: unknown = typeof given === "function" ? Reflect.apply(given, undefined, [{ input, key, tenant }]) : given;
    return { kind: name, value };
  }

  /** What the scenario has this operation answer. */
  #given(name: string, operation: string): unknown {
    for (const { port, answers } of this.#fakes) {
      for (const [binding, one] of Object.entries(port)) {
        const known = answers[binding] ?? {};
        if (one.name === operation && Object.hasOwn(known, name)) return known[name];
      }
    }
    throw invalid(`The replay lets '${operation}' answer '${name}', and the scenario does not say what it answers then.`);
  }
}

function idOf({ operation, tenant, key }: Asked): string {
  return `${operation}\u0000${tenant}\u0000${key}`;
}
