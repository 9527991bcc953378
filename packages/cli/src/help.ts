// The help texts: of the command as a whole, of a family of commands, and of one.
import { COMMON_OPTIONS, type OptionSpec, type OptionSpecs } from "./arguments.ts";
import type { Command } from "./command.ts";

const EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong use.";

export function helpOfAll(commands: readonly Command[]): string {
  return `evenkeel: run and operate an Evenkeel application

Usage: evenkeel COMMAND [OPTIONS]

Commands:
${list(commands)}
Options of every command:
${optionLines(COMMON_OPTIONS)}
Example:
  evenkeel worker app.js --database postgresql://user:password@host:5432/shop

evenkeel COMMAND --help tells more. ${EXIT_CODES}
`;
}

export function helpOfFamily(family: string, commands: readonly Command[]): string {
  return `evenkeel ${family}

Commands:
${list(commands)}
evenkeel ${family} COMMAND --help tells more. ${EXIT_CODES}
`;
}

export function helpOf(command: Command): string {
  const positional = command.positional === "" ? "" : ` ${command.positional}`;
  const own = Object.keys(command.options).length === 0 ? "" : `Options:\n${optionLines(command.options)}\n`;
  return `evenkeel ${command.name}: ${command.summary}

Usage: evenkeel ${command.name}${positional} [OPTIONS]

${command.details.map((paragraph) => `${wrapped(paragraph)}\n\n`).join("")}${own}Options of every command:
${optionLines(COMMON_OPTIONS)}
${command.examples.length === 1 ? "Example" : "Examples"}:
${command.examples.map((example) => `  ${example.replaceAll("\n", "\n  ")}\n`).join("")}
${EXIT_CODES}
`;
}

const WIDTH = 100;

/** Breaks a paragraph between words; one that begins with blanks is an example and stays as it is. */
function wrapped(paragraph: string): string {
  if (paragraph.startsWith(" ")) return paragraph;
  const lines = [""];
  for (const word of paragraph.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

function list(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((one) => one.name.length));
  return commands.map((one) => `  ${one.name.padEnd(width)}  ${one.summary}\n`).join("");
}

function optionLines(options: OptionSpecs): string {
  const typed = (name: string, { value }: OptionSpec): string => `--${name}${value === undefined ? "" : ` ${value}`}`;
  const lines = Object.entries(options).map(([name, spec]) => [typed(name, spec), spec.help] as const);
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}
