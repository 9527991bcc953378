// Defects of what is said and heard: a delivery that is told never, twice or wrongly, a review that is waited for without end, closed by nobody, not
// listened to, or counted twice.
import { z } from "zod";
import { Delivered } from "../context.ts";
import { delivery } from "../delivery.ts";
import { ONE, REFUSED, type Defect } from "./defect.ts";
import { wrongly } from "./wrongly.ts";

const Verdict = z.object({ approved: z.boolean(), by: z.string() });

interface Run {
  readonly endedAt: number | null;
  readonly journal: readonly { readonly kind: string; readonly of?: number; readonly name?: string }[];
}
interface Handling {
  readonly now: number;
  readonly message: { readonly key: string };
  readonly runs: { get(id: string): Promise<Run | undefined>; put(id: string, run: object): void };
}

/** The engine with a token that counts again. */
const countsTwice: typeof delivery = {
  ...delivery,
  routes: delivery.routes.map((route) => (route.kind !== "message" || route.definition.name !== delivery.callback.name ? route : {
    ...route,
    handler: async (data: never, context: never): Promise<void> => {
      const { runs, now, message: { key } }: Handling = context;
      const run = await runs.get(key);
      const review = run?.journal.findIndex(({ name }) => name === "review") ?? -1;
      if (run?.endedAt === null && run.journal.some(({ kind, of }) => kind === "settled" && of === review)) {
        const entry = { kind: "settled", of: review, at: now, end: { kind: "ok", value: { approved: false, by: "Ben" } } };
        runs.put(key, { ...run, journal: [...run.journal, entry] });
      } else await route.handler(data, context);
    },
  })),
};

export const WORDS: readonly Defect[] = [
  {
    planted: "a delivery is not told",
    broken: wrongly(() => ({ verb, go }) => (verb === "emit" ? undefined : go())),
    scope: ONE, property: "INV-6 what is delivered", steps: 24,
  },
  {
    planted: "a delivery is told twice",
    broken: wrongly(() => ({ verb, go }) => {
      if (verb === "emit") go();
      return go();
    }),
    scope: ONE, property: "INV-6 a delivery is told at most once", steps: 24,
  },
  {
    planted: "what was shipped is told as paid back",
    broken: wrongly((w) => ({ verb, go }) => {
      if (verb !== "emit") return go();
      w.emit(Delivered({ orderId: "o", shipped: [], paidBack: ["s-1"] }));
      return undefined;
    }),
    scope: ONE, property: "INV-6 what is delivered", steps: 24,
  },
  {
    planted: "nobody ends a review that nobody answers",
    broken: wrongly((w) => ({ name, go }) => (name === "review" ? w.callback("review", Verdict) : go())),
    scope: REFUSED, property: "INV-5 every order reaches its end", steps: 10,
  },
  {
    planted: "the review has no undo",
    broken: wrongly(() => ({ name, given: [operation, input], go, goWith }) => (name === "open the review" ? goWith("readonly", operation, input) : go())),
    scope: REFUSED, property: "INV-5 nobody is left", steps: 16,
  },
  {
    planted: "an order that was refused is delivered",
    broken: wrongly((w) => ({ name, go }) => {
      if (name !== "review") return go();
      const { token, answer } = w.callback("review", Verdict, { within: { hours: 24 } });
      return { token, answer: answer.then((verdict) => verdict && { ...verdict, approved: true }) };
    }),
    scope: REFUSED, property: "INV-1", steps: 23,
  },
  {
    planted: "a second word on an order counts, when the first one has",
    broken: countsTwice,
    scope: { ...ONE, reviewers: ["approves", "refuses"] }, property: "delivery: each request of a run is answered once", steps: 14,
  },
];
