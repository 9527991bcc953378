// Behaviour graphs in a few lines of text, for tests: `a -go-> b` is a transition, the first state named is initial, `-go-> ?` leads
// outside, and a state after `unexpanded:` was stored and never expanded. It judges by the product's own code.
import type { TemporalProperty } from "../space.ts";
import type { TemporalFinding } from "./temporal.ts";
import { temporalRecorder } from "./temporal.ts";

interface Sketch {
  readonly states: readonly string[];
  readonly actions: readonly string[];
  /** Judges one property; states are their names. */
  judge(property: TemporalProperty<string>, fair?: { readonly weak?: readonly string[]; readonly strong?: readonly string[] }): Judged;
}

interface Judged {
  readonly outcome: TemporalFinding["outcome"];
  /** `a -go-> b -back-> (a -go-> b)`: the cycle in brackets, or `…` where nothing more happens; empty without a lasso. */
  readonly run: string;
}

/** @param initials the initial states, by default the first one that is named */
export function sketch(text: string, initials?: readonly string[]): Sketch {
  const states: string[] = [];
  const actions: string[] = [];
  const number = (list: string[], name: string): number => (list.includes(name) ? list.indexOf(name) : list.push(name) - 1);
  const edges: { from: number; action: number; to: number | null }[] = [];
  const unexpanded = new Set<number>();
  for (const line of text.split("\n").map((each) => each.trim()).filter((each) => each !== "")) {
    if (line.startsWith("unexpanded:")) {
      for (const name of line.slice("unexpanded:".length).trim().split(/\s+/)) unexpanded.add(number(states, name));
      continue;
    }
    const words = line.split(/\s+/);
    number(states, words[0] ?? "");
    for (let at = 0; at + 2 < words.length; at += 2) {
      const from = number(states, words[at] ?? "");
      const action = number(actions, (words[at + 1] ?? "").replace(/^-|->$/g, ""));
      const target = words[at + 2] ?? "";
      edges.push({ from, action, to: target === "?" ? null : number(states, target) });
    }
  }
  return {
    states,
    actions,
    judge(property, fair = {}) {
      const classes = (entries: readonly string[] = []): number[][] =>
        entries.map((entry) => entry.split("|").map((name) => actions.indexOf(name)));
      const recorder = temporalRecorder([property], () => ({ weak: classes(fair.weak), strong: classes(fair.strong) }));
      states.forEach((name, id) => recorder.stored(id, name, (initials ?? [states[0]]).includes(name)));
      states.forEach((_, id) => {
        if (unexpanded.has(id)) return;
        for (const { from, action, to } of edges) {
          if (from !== id) continue;
          if (to === null) recorder.left(from, action);
          else recorder.transition(from, to, action);
        }
        recorder.expanded(id);
      });
      const [finding] = recorder.conclude();
      if (finding === undefined) throw new Error("One property gives one finding.");
      return { outcome: finding.outcome, run: finding.lasso === null ? "" : written(finding.lasso, states, actions) };
    },
  };
}

function written(found: NonNullable<TemporalFinding["lasso"]>, states: readonly string[], actions: readonly string[]): string {
  const moves = found.moves.map(({ action, state }) => `-${actions[action] ?? "?"}-> ${states[state] ?? "?"}`);
  const cycle = moves.slice(found.cycleFrom);
  return [states[found.start], ...moves.slice(0, found.cycleFrom), cycle.length === 0 ? "…" : `(${cycle.join(" ")})`].join(" ");
}
