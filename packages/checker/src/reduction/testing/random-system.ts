// Random small systems, for tests that compare a reduced search with the full one: two services with documents of their own, messages that
// set others in motion, some to other keys, a call, a timer, and properties of which some are broken.
import { entity, event, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers } from "../../system/answers.ts";
import type { GivenDefinition } from "../../system/plan-system.ts";
import type { GivenProperties } from "../../system/properties.ts";
import { optional, type WhenEntry } from "../../system/stimulus.ts";

type Random = (below: number) => number;

/** xorshift32. */
export function randomness(start: number): Random {
  let word = start === 0 ? 1 : start;
  return (below) => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) % below;
  };
}

const data = z.object({ id: z.string() });
const said = (name: string) => event(name, { key: (one: { id: string }) => one.id, data });
const MESSAGES = [said("m0"), said("m1"), said("m2"), said("m3"), said("m4")] as const;
const [M0, M1, M2, M3, M4] = MESSAGES;
const bank = port("bank", { charge: { input: data, ok: z.object({}), failures: { declined: z.object({}) } } });
const Doc = (name: string) => entity(name, { data: z.object({ n: z.number(), seen: z.array(z.string()) }) });

interface Rule {
  /** 0: counts; 1: notes what came; 2: counts for all keys; 3: only the first time; 4: only looks at what is counted for all keys. */
  readonly act: number;
  readonly says: readonly { readonly message: number; readonly toAll: boolean }[];
  readonly calls: boolean;
  readonly arms: boolean;
}

function randomRule(random: Random, message: number): Rule {
  const count = random(5) === 0 ? 2 : random(2);
  const says = Array.from({ length: count }, () => ({ message: message + 1 + random(2), toAll: random(6) === 0 }))
    .filter((one) => one.message < MESSAGES.length);
  return { act: random(2) === 0 ? 1 : random(5), says, calls: message > 0 && random(6) === 0, arms: message > 0 && random(10) === 0 };
}

const NEW = { n: 0, seen: [] as string[] };

function randomService(random: Random, name: string) {
  const rules = MESSAGES.map((_, index) => (random(10) < (index < 2 ? 6 : 2) ? randomRule(random, index) : null));
  const built = service(name, { entities: { doc: Doc(`doc_${name}`) }, ports: { bank }, emits: MESSAGES });
  type Context = Parameters<Parameters<typeof built.on<typeof M0>>[1]>[1];
  const act = async (index: number, id: string, { doc, emit, call, schedule }: Context): Promise<void> => {
    const rule = rules[index];
    if (rule === undefined || rule === null) return;
    const at = rule.act === 2 || rule.act === 4 ? "all" : id;
    const before = (await doc.get(at)) ?? NEW;
    if (rule.act === 3 && before.n > 0) return;
    if (rule.act === 4 && before.n > 1) return;
    if (rule.act === 1) doc.put(at, { n: before.n + 1, seen: [...before.seen, `m${String(index)}`] });
    else if (rule.act !== 4) doc.put(at, { ...before, n: before.n + 1 });
    for (const { message, toAll } of rule.says) {
      const made = MESSAGES[message];
      if (made !== undefined) emit(made({ id: toAll ? "all" : id }));
    }
    if (rule.calls) call(bank.charge, { key: `${name}/${id}`, input: { id } });
    if (rule.arms) schedule(M4({ id }), { afterMs: 1_000, name: "later" });
  };
  const count = async (id: string, { doc }: Pick<Context, "doc">, by: number): Promise<void> => {
    const before = (await doc.get(id)) ?? NEW;
    doc.put(id, { ...before, n: before.n + by });
  };
  return built
    .on(M0, ({ id }, context) => act(0, id, context)).on(M1, ({ id }, context) => act(1, id, context)).on(M2, ({ id }, context) => act(2, id, context))
    .on(M3, ({ id }, context) => act(3, id, context)).on(M4, ({ id }, context) => act(4, id, context))
    .outcome(bank.charge, {
      ok: ({ call: { input } }, context) => count(input.id, context, 2),
      declined: ({ call: { input } }, context) => count(input.id, context, 3),
      notPerformed: ({ call: { input } }, context) => count(input.id, context, 4),
      unknown: (_, { reconcile }) => { reconcile(); },
    });
}

/** What a property sees of a service here. */
interface Kept { readonly key: string; readonly n: number; readonly seen: readonly string[] }
type Shown = Readonly<Record<"one" | "two", { readonly doc: readonly Kept[] }>> & { readonly messages: readonly unknown[] };

export type RandomSystem = GivenDefinition & GivenProperties;

/** @returns a system without properties, and properties to ask of it one by one. */
export function randomSystem(random: Random): { readonly system: RandomSystem; readonly properties: readonly Pick<RandomSystem, "invariants" | "eventually" | "perKey" | "steps">[] } {
  const ends = [["ok", "declined"], ["ok", "unknown-applied"], ["ok", "unknown-not-applied"], ["ok", "late-applied"]][random(4)] ?? ["ok"];
  const keys = ["a", "b"];
  const when: WhenEntry[] = keys.map((id) => (random(4) === 0 ? M1({ id }) : M0({ id })));
  const more = (random(2) === 0 ? M1 : M2)({ id: "a" });
  when.push(random(3) === 0 ? optional(more) : more);
  const system: RandomSystem = {
    system: [randomService(random, "one"), randomService(random, "two")], when,
    ports: [answers(bank, { charge: { ok: {}, declined: {} } })],
    faults: { duplicates: random(4) === 0 ? 1 : 0, crashes: random(3) === 0 ? 1 : 0, ports: { "bank.charge": ends } },
  };
  const bound = random(2);
  const names = ["one", "two"] as const;
  const which = names[random(2)] ?? "one";
  const other = names[random(2)] ?? "two";
  const total = (s: Shown, name: typeof which): number => s[name].doc.reduce((sum, { n }) => sum + n, 0);
  return {
    system,
    properties: [
      { perKey: { invariants: { "few are counted": (s: Shown) => total(s, which) <= bound } } },
      { perKey: { invariants: { "two services agree": { when: (s: Shown) => s[which].doc.length > 0, then: (s: Shown) => Math.abs(total(s, which) - total(s, other)) <= bound } } } },
      { perKey: { eventually: { "what came is in order": (s: Shown) => s[which].doc.every(({ seen }) => seen.join() === [...seen].sort().join()) } } },
      { invariants: { "few are counted in all": (s: Shown) => total(s, which) + total(s, other) <= bound } },
      { invariants: { "the first is not ahead": (s: Shown) => (s[which].doc.find(({ key }) => key === "a")?.n ?? 0) <= (s[other].doc.find(({ key }) => key === "b")?.n ?? 0) + bound } },
      { eventually: { "few are left": (s: Shown) => total(s, other) <= bound + 1 } },
      { steps: { "one at a time": (before: Shown, after: Shown) => total(after, which) - total(before, which) <= bound } },
    ],
  };
}
