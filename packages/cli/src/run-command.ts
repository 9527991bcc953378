// Finds the command that was typed, runs it, and turns however it ends into words and an exit code. Never throws, never ends the process.
import { readFileSync } from "node:fs";
import { COMMON_OPTIONS, parseArguments } from "./arguments.ts";
import type { Command, Surroundings } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { CliError, reportOf, usage } from "./errors.ts";
import { helpOf, helpOfAll, helpOfFamily } from "./help.ts";
import { didYouMean } from "./nearest.ts";
import { printable } from "./table.ts";

/**
 * Runs `evenkeel` with the given words. Resolves to the exit code: 0 done, 1 failed, 2 wrong use.
 *
 * With `--json`, exactly one JSON value is written to `out`, in a failure `{ "error": { code, message, details } }`; a worker
 * writes one line of JSON for each thing that happens.
 */
export async function runCommand(words: readonly string[], around: Surroundings = surroundingsOf(process)): Promise<number> {
  const json = words.includes("--json");
  try {
    return await dispatch(words, around, json);
  } catch (error) {
    const { code, message, details, exitCode } = reportOf(error);
    if (json) around.out(`${JSON.stringify({ error: { code, message, details } })}\n`);
    around.err(`${code}: ${message.split("\n").map(printable).join("\n")}\n`);
    if (error instanceof Error && around.env["EVENKEEL_LOG"] === "debug") around.err(`${stackOf(error)}\n`);
    return exitCode;
  }
}

async function dispatch(words: readonly string[], around: Surroundings, json: boolean): Promise<number> {
  const [first, second] = words;
  if (first === "--version") {
    around.out(`${version()}\n`);
    return 0;
  }
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    (first === undefined ? around.err : around.out)(helpOfAll(COMMANDS));
    return first === undefined ? 2 : 0;
  }
  const family = COMMANDS.filter((one) => one.name.startsWith(`${first} `));
  if (family.length > 0 && (second === "--help" || second === "-h")) {
    around.out(helpOfFamily(first, family));
    return 0;
  }
  const command = family.length > 0 ? member(first, second, family) : COMMANDS.find((one) => one.name === first);
  if (command === undefined) {
    const known = [...new Set(COMMANDS.map((one) => one.name.split(" ")[0] ?? ""))];
    throw new CliError("COMMAND_UNKNOWN", `There is no command '${first}'.${didYouMean(first, known)} \`evenkeel --help\` lists them.`);
  }
  const given = parseArguments(words.slice(command.name.split(" ").length), { ...COMMON_OPTIONS, ...command.options });
  if (given.flag("help")) {
    around.out(helpOf(command));
    return 0;
  }
  const wanted = command.positional === "" ? 0 : 1;
  const needed = command.positional.startsWith("[") ? 0 : wanted;
  const help = `see \`evenkeel ${command.name} --help\``;
  if (given.positionals.length > wanted) throw usage(`'${given.positionals[wanted] ?? ""}' is one word too many: ${help}.`);
  if (given.positionals.length < needed) throw usage(`${command.positional} is missing: ${help}.`);
  return command.run({ given, around, json });
}

function member(first: string, second: string | undefined, family: readonly Command[]): Command {
  const found = family.find((one) => one.name === `${first} ${second ?? ""}`);
  if (found !== undefined) return found;
  const names = family.map((one) => one.name.slice(first.length + 1));
  const what = second === undefined || second.startsWith("-")
    ? `'${first}' needs one of: ${names.join(", ")}.`
    : `There is no command '${first} ${second}'.${didYouMean(second, names)}`;
  throw new CliError("COMMAND_UNKNOWN", `${what} \`evenkeel ${first} --help\` lists them.`);
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

function version(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}

function surroundingsOf(host: NodeJS.Process): Surroundings {
  return {
    out: (text) => { host.stdout.write(text); },
    err: (text) => { host.stderr.write(text); },
    env: host.env,
    folder: host.cwd(),
    input: () => host.stdin,
  };
}
