// Non-blocking atomic commit with crashes and an unreliable failure detector (Raynal). After
// specifications/nbacc_ray97/nbacc_ray97.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range, replaced, sequences, subsets } from "../persistent.ts";

type Where = "yes" | "no" | "sent" | "abort" | "commit" | "crash";
type Votes = ReadonlySet<string>;

interface State {
  readonly at: readonly Where[];
  readonly suspects: readonly boolean[];
  /** Votes as text: the process and what it said. */
  readonly sent: Votes;
  readonly received: readonly Votes[];
}

export function atomicCommitWithCrashes({ processes }: { readonly processes: number }) {
  const all = range(0, processes - 1);
  const outcomes = (s: State, p: number, received: Votes, suspects: boolean): readonly Where[] => {
    const now = at(s.at, p);
    const crash: readonly Where[] = now === "crash" ? [] : ["crash"];
    if (now !== "sent") return crash;
    const refused = [...at(s.received, p)].some((vote) => vote.endsWith("no"));
    const agreed = !suspects && all.every((other) => received.has(`${other} yes`));
    return [...crash, ...(suspects ? ["abort" as const] : []), ...(refused ? ["abort" as const] : []), ...(agreed ? ["commit" as const] : [])];
  };
  return model({
    name: "atomic commit with crashes",
    init: function* (): Iterable<State> {
      for (const votes of sequences(["yes", "no"] as const, processes)) {
        for (const suspects of sequences([false, true], processes)) {
          yield { at: votes, suspects, sent: new Set(), received: all.map(() => new Set()) };
        }
      }
    },
    actions: {
      step: (s, next) => {
        for (const p of all) {
          const known = at(s.received, p);
          for (const more of subsets([...s.sent].filter((vote) => !known.has(vote)))) {
            const received = new Set([...known, ...more]);
            for (const suspects of [false, true]) {
              const after: State = { ...s, received: replaced(s.received, p, received), suspects: replaced(s.suspects, p, suspects) };
              const now = at(s.at, p);
              if (now === "yes" || now === "no") next({ ...after, at: replaced(s.at, p, "sent"), sent: new Set([...s.sent, `${p} ${now}`]) }, p);
              for (const where of outcomes(s, p, received, suspects)) next({ ...after, at: replaced(s.at, p, where) }, p);
              next(after, p);
            }
          }
        }
      },
    },
    invariants: { "who commits knows that all said yes": (s) => !s.at.includes("commit") || all.every((p) => s.sent.has(`${p} yes`)) },
    sometimes: { "a process commits": (s) => s.at.includes("commit") },
  });
}
