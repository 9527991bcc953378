// Turns samples into rows: medians over the rounds, ratios to the least SQL and to each peer, and the facts that make a
// figure worth anything. It prints what it was given and hides no failed round.
import type { Traits } from "./contract.ts";
import type { Facts } from "./machine.ts";
import type { Options } from "./options.ts";
import type { Question, Sample } from "./question.ts";

export interface Entry {
  readonly name: string;
  readonly node: string;
  readonly traits: Traits | null;
  readonly instead: string | null;
  readonly rounds: readonly (readonly Sample[])[];
  readonly statementsAre: string;
}

export interface Row {
  readonly question: string;
  readonly mode: string;
  readonly contestant: string;
  readonly machine: string;
  readonly node: string;
  readonly postgres: string;
  readonly version: string;
  readonly settings: string;
  readonly sizes: string;
  readonly synchronousCommit: string;
  readonly validation: boolean | null;
  readonly perMessageFailure: boolean | null;
  readonly guarantee: string;
  readonly statementsAre: string;
  readonly instead: readonly string[];
  readonly remarks: readonly string[];
  /** Median of each figure over the rounds that have it. */
  readonly figures: Readonly<Record<string, number | null>>;
  /** All rounds of the headline figure, in order. */
  readonly rounds: readonly number[];
  /** Headline against the others: above 1 is better than they are, whatever direction "better" has. */
  readonly betterThan: Readonly<Record<string, number>>;
}

export function rowsOf(question: Question, options: Options, facts: Facts, entries: readonly Entry[]): readonly Row[] {
  const modes = [
    ...new Set(
      entries.flatMap((e) =>
        e.rounds.flatMap((r) => r.filter((s) => s.instead === undefined || s.mode !== "").map((s) => s.mode)),
      ),
    ),
  ];
  const rows: Row[] = [];
  for (const mode of modes.length === 0 ? [""] : modes) {
    const plain = entries.map((entry) => ({
      entry,
      samples: entry.rounds.flatMap((r) => r.filter((s) => s.mode === mode || s.instead?.startsWith("FAILED") === true)),
    }));
    const headline = new Map(plain.map(({ entry, samples }) => [entry.name, median(values(samples, question.headline.figure))]));
    for (const { entry, samples } of plain) {
      const own = headline.get(entry.name) ?? null;
      const betterThan: Record<string, number> = {};
      for (const [name, other] of headline) {
        if (name === entry.name || own === null || other === null) continue;
        betterThan[name] = question.headline.better === "higher" ? own / other : other / own;
      }
      const names = [...new Set(samples.flatMap((s) => Object.keys(s.figures)))];
      rows.push({
        question: question.name,
        mode,
        contestant: entry.name,
        machine: facts.machine,
        node: entry.node,
        postgres: facts.postgres,
        version: entry.traits?.version ?? "",
        settings: entry.traits?.settings ?? "",
        sizes: question.asks(options),
        synchronousCommit: facts.settings["synchronous_commit"] ?? "unknown",
        validation: entry.traits?.validation ?? null,
        perMessageFailure: entry.traits?.perMessageFailure ?? null,
        guarantee: entry.traits?.guarantee ?? "",
        statementsAre: entry.statementsAre,
        instead: [
          ...new Set([
            ...(entry.instead === null ? [] : [entry.instead]),
            ...samples.flatMap((s) => (s.instead === undefined ? [] : [s.instead])),
          ]),
        ],
        remarks: [...new Set(samples.flatMap((s) => s.remarks ?? []))],
        figures: Object.fromEntries(names.map((n) => [n, median(values(samples, n))])),
        rounds: values(samples, question.headline.figure),
        betterThan,
      });
    }
  }
  return rows;
}

const indent = " ".repeat(17);

export function textOf(question: Question, options: Options, rows: readonly Row[]): string {
  const lines = ["", `## ${question.name}: ${question.asks(options)}`];
  let mode = "";
  for (const row of rows) {
    if (row.mode !== mode) {
      mode = row.mode;
      lines.push(`-- ${mode}`);
    }
    const on = (flag: boolean | null): string => (flag === null ? "?" : flag ? "on" : "off");
    if (row.rounds.length > 0) {
      const figures = Object.entries(row.figures).map(([name, value]) => `${name} ${value === null ? "unknown" : short(value)}`);
      lines.push(`${row.contestant.padEnd(16)} ${figures.join(" · ")}`);
      const ratios = Object.entries(row.betterThan).map(([name, ratio]) => `${ratio.toFixed(2)}x ${name}`);
      const compared = ratios.length === 0 ? "" : `; compared (above 1 is better): ${ratios.join(", ")}`;
      lines.push(`${indent}rounds: ${row.rounds.map(short).join(", ")}${compared}`);
    }
    for (const text of row.instead) lines.push(`${row.contestant.padEnd(16)} ${text}`);
    if (row.version !== "") {
      const facts = [
        row.machine,
        `node ${row.node}, PostgreSQL ${row.postgres}, ${row.contestant} ${row.version}`,
        `synchronous_commit ${row.synchronousCommit}`,
        `validation ${on(row.validation)}, per-message failure ${on(row.perMessageFailure)}`,
        row.guarantee,
        row.settings,
        ...row.remarks,
        ...(row.statementsAre === "" ? [] : [`counted: ${row.statementsAre}`]),
      ];
      lines.push(indent + facts.join("; "));
    }
  }
  return `${lines.join("\n")}\n`;
}

const values = (samples: readonly Sample[], figure: string): number[] => samples.flatMap((s) => s.figures[figure] ?? []);

function median(numbers: readonly number[]): number | null {
  if (numbers.length === 0) return null;
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Three digits that matter, without hiding small figures behind a zero. */
const short = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
