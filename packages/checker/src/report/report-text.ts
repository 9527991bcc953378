// A report for people in a terminal: the verdict and why, how much was seen, what was exercised and what was not, and the counterexample
// step by step, each with only what it changed.
import type { Report } from "../report.ts";
import { changesBetween, textOf, type Change } from "../story/changes.ts";
import { storyOf, type Story, type StoryStep } from "../story/story.ts";

/** Lines of text, the last one ended. */
export function reportText(report: Report): string {
  const story = storyOf(report);
  return [head(report), sizes(report), unexercised(report), ...(story === null ? [] : [tell(story)])].filter((part) => part !== "").join("\n");
}

function head({ verdict, subject, reason, assumptions }: Report): string {
  const assumed = assumptions.map((one) => `  assuming ${one}\n`).join("");
  return `${verdict.toUpperCase()}  ${subject}: ${reason}.\n${assumed}`;
}

function sizes(report: Report): string {
  const { verdict, distinct, generated, unexpanded, depth, wholeLevels, seconds, collisionProbability, seed, peakMemoryBytes } = report;
  const rate = seconds > 0 ? `, ${count(Math.round(generated / seconds))} generated/s` : "";
  const left = unexpanded === 0 ? "" : `, ${count(unexpanded)} not expanded`;
  const whole = verdict !== "bounded" ? "" : wholeLevels === 0 ? ", no level of it for certain whole" : `, whole to level ${count(wholeLevels)}`;
  return `${count(distinct)} states (${count(generated)} generated${left}), depth ${count(depth)}${whole}, ${seconds.toFixed(1)} s${rate}, ` +
    `${count(Math.round(peakMemoryBytes / 1_048_576))} MiB; probability that a collision hid a state ${collisionProbability.toExponential(1)} (seed ${String(seed)})\n`;
}

/** Only what says that the check may have missed something: what fired needs no words. */
function unexercised({ verdict, actions, invariants, witnesses, temporal }: Report): string {
  // A search that ended at what is broken has not tried the rest.
  if (verdict !== "pass" && verdict !== "bounded" && verdict !== "vacuous") return "";
  const lines = [
    ...actions.filter(({ fired }) => fired === 0).map(({ name }) => `never happened: ${name}`),
    ...actions.filter(({ fired, fresh }) => fired > 0 && fresh === 0).map(({ name }) => `never led to anything new: ${name}`),
    ...invariants.filter(({ evaluated, applied }) => evaluated > 0 && applied === 0).map(({ name }) => `never applied: ${name}`),
    ...witnesses.filter(({ depth }) => depth === null).map(({ name }) => `never seen: ${name}`),
    ...temporal.filter(({ checked }) => !checked).map(({ name }) => `not checked: ${name}`),
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}

function tell({ steps, avoidableAfter, backTo, property }: Story): string {
  const told = steps.map((step) => tellStep(step) + (step.number === avoidableAfter ? "     --- from here on it cannot be avoided ---\n" : "")).join("");
  const last = steps.at(-1)?.number ?? 0;
  const again = backTo === null ? "" : backTo === last ? "     and then nothing more happens\n" : `     and then from step ${String(backTo + 1)} again, for ever\n`;
  return `The shortest way to it:\n${told}${again}     broken: ${property}\n`;
}

function tellStep({ number, tale, changes, state }: StoryStep): string {
  const numbered = String(number).padStart(4);
  if (number === 0) return `${numbered} ${beginning(state)}\n`;
  const fault = tale.fault === null ? "" : `  [${tale.fault}]`;
  const what = tale.what === tale.actor || tale.what.startsWith(`${tale.actor} `) ? tale.what : `${tale.from === null ? "" : `${tale.from} -> `}${tale.actor}: ${tale.what}`;
  return `${numbered} ${what}${fault}\n${changes.map(changeLine).join("")}`;
}

const WIDTH = 120;

/** The first state: in one line where it fits, else a line for each of its parts. */
function beginning(state: unknown): string {
  const line = textOf(state);
  if (line.length <= WIDTH || typeof state !== "object" || state === null) return line;
  return ["where it begins", ...changesBetween({}, state).flatMap(partLines)].join("\n");
}

function partLines({ path, after }: Change): readonly string[] {
  const line = `         ${path} = ${textOf(after)}`;
  if (line.length <= WIDTH || typeof after !== "object" || after === null || Array.isArray(after)) return [line];
  return Object.entries(after).flatMap(([name, value]) => partLines({ path: `${path}.${name}`, before: undefined, after: value }));
}

function changeLine({ path, before, after }: Change): string {
  if (before === undefined) return `       + ${path} = ${textOf(after)}\n`;
  if (after === undefined) return `       - ${path} (was ${textOf(before)})\n`;
  return `         ${path}: ${textOf(before)} -> ${textOf(after)}\n`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
