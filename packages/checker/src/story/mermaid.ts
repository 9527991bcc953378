// A story as a Mermaid sequence diagram (https://mermaid.js.org/syntax/sequenceDiagram.html), which GitHub and many editors draw.
import { textOf } from "./changes.ts";
import type { Story, StoryStep } from "./story.ts";

/** The source of the diagram: paste it between ```mermaid fences. Changes of a step stand in a note below it, at most `notes` of them (default 4). */
export function mermaidOf(story: Story, options: { readonly notes?: number } = {}): string {
  const steps = story.steps.filter(({ number }) => number > 0);
  const names = [...new Set(steps.flatMap(({ tale }) => [tale.from ?? tale.actor, tale.actor]))];
  const ids = new Map(names.map((name, index) => [name, `p${String(index)}`]));
  const lines = ["sequenceDiagram", "  autonumber", ...names.map((name) => `  participant ${ids.get(name) ?? ""} as ${safe(name)}`)];
  for (const step of steps) lines.push(...linesOf(step, ids, options.notes ?? 4), ...(step.number === story.avoidableAfter ? [avoidable(ids)] : []));
  const first = ids.get(names[0] ?? "");
  const last = ids.get(names.at(-1) ?? "");
  if (first !== undefined && last !== undefined) lines.push(`  Note over ${first},${last}: ${safe(`${story.verdict}: ${story.property}`)}`);
  return `${lines.join("\n")}\n`;
}

function linesOf({ tale, changes }: StoryStep, ids: ReadonlyMap<string, string>, most: number): string[] {
  const to = ids.get(tale.actor) ?? "";
  const from = ids.get(tale.from ?? tale.actor) ?? "";
  // A cross is an arrow that something went wrong on.
  const arrow = `  ${from}${tale.fault === null ? "->>" : "-x"}${to}: ${safe(tale.fault === null ? tale.what : `${tale.what} [${tale.fault}]`)}`;
  if (changes.length === 0 || most === 0) return [arrow];
  const shown = changes.slice(0, most).map(({ path, after }) => safe(`${path} = ${shorten(textOf(after))}`));
  const more = changes.length > most ? [`and ${String(changes.length - most)} more`] : [];
  return [arrow, `  Note right of ${to}: ${[...shown, ...more].join("<br/>")}`];
}

function avoidable(ids: ReadonlyMap<string, string>): string {
  const all = [...ids.values()];
  return `  Note over ${all[0] ?? ""},${all.at(-1) ?? ""}: from here on it cannot be avoided`;
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

/** Semicolons and line ends end a statement, and a hash begins an entity. */
function safe(text: string): string {
  return text.replaceAll("#", "#35;").replaceAll(";", "#59;").replaceAll(/[\r\n]+/g, " ").replaceAll("<", "#lt;").replaceAll(">", "#gt;");
}
