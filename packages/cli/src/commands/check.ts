// `evenkeel check`: explores what the check files of a project ask for, and tells what is broken by the shortest way there. It reads no
// database. The checker is a package of its own, which a production installation leaves out: it is loaded when it is asked for.
import { resolve } from "node:path";
import type { Progress } from "@evenkeel/checker";
import type * as Checker from "@evenkeel/checker/command";
import type { Command } from "../command.ts";
import { CliError, usage } from "../errors.ts";

const SEPARATELY_INSTALLED = "The checker is not installed: npm install --save-dev @evenkeel/checker.";

export const check: Command = {
  name: "check",
  summary: "explores services and models exhaustively, under faults",
  positional: "[FILE|FOLDER]",
  options: {
    only: { value: "TEXT", help: "only checks whose file or name contains the text" },
    seconds: { value: "N", help: "the time of each check, all its scopes together; default 60, 0: no limit" },
    seed: { value: "N", help: "the seed of the fingerprints; default 0. Repeat a suspicious pass with another one" },
    workers: { value: "N", help: "threads that explore a model together, with the report of one; default 1. A check that only one can explore is refused" },
    stories: { value: "FOLDER", help: "writes each counterexample there: an HTML page, a Mermaid diagram, JSON" },
    replays: { value: "FOLDER", help: "writes each counterexample of services there as a Vitest test that plays it again, in memory and on PostgreSQL" },
    mutants: { help: "does one thing wrong at a time, and says what no property notices" },
    list: { help: "lists what would be checked, and checks nothing" },
  },
  details: [
    "A check file is called *.check.ts or *.check.js; each of its exports is what model() or scenario() makes, or an array of such from the " +
    "narrowest scope to the widest. Without a path, the folder and all below it is searched.",
    "Each check is widened as far as its time goes. It passes when nothing is broken and at least its narrowest scope was seen as a whole; the " +
    "widest scope that was is named.",
    "With --mutants, the narrowest scope of each check is explored again and again, each time with one thing done wrong: a handler that does " +
    "nothing, a message that is not said, a door that takes repeats in, an unknown outcome taken for an answer, and more. It fails where the " +
    "check itself does.",
    "With --replays, each broken property of services becomes a test that fails until it is mended: it plays the counterexample step by step through " +
    "the shipping runtime, without the checker, and needs vitest and @evenkeel/testkit. What was written before is not removed.",
    "TypeScript needs a loader where Node.js does not read it: NODE_OPTIONS=\"--import tsx\" evenkeel check.",
  ],
  examples: ["evenkeel check", "evenkeel check orders.check.js --seconds 600 --json | jq '.checks[].completed'"],
  run: async ({ given, around, json }) => {
    for (const name of ["database", "folder", "schema"]) {
      if (given.flag(name)) throw usage(`check explores states in memory, and --${name} names a database: leave it out.`);
    }
    const seconds = given.number("seconds", 0, 1_000_000) ?? 60;
    const seed = given.whole("seed", 0, 0xffff_ffff);
    const workers = given.whole("workers", 1, 64);
    if (workers !== undefined && given.flag("mutants")) throw usage("Mutants are explored by one thread each: leave --workers out.");
    const {
      findCheckFiles, loadChecks, progressText, resultText, runChecks, runMutants, mutantsText, summaryText, writeReplays, writeStories, jsonOf,
    } = await checker();
    const only = given.text("only") ?? "";
    const files = await findCheckFiles(given.positionals[0] ?? ".", around.folder);
    const loaded = await Promise.all(files.map((file) => loadChecks(file, around.folder)));
    const checks = loaded.flat().filter(({ file, name }) => `${file} ${name}`.includes(only));
    if (checks.length === 0) throw usage(`None of the ${String(loaded.flat().length)} checks has '${only}' in its file or name: \`evenkeel check --list\` names them.`);
    if (given.flag("list")) {
      const listed = checks.map(({ file, name, scopes }) => ({ file, name, scopes: scopes.map((scope) => scope.name) }));
      around.out(json ? `${JSON.stringify({ checks: listed }, null, 2)}\n` : listed.map((one) => `${one.file}  ${one.name}: ${one.scopes.join(", ")}\n`).join(""));
      return 0;
    }
    if (given.flag("mutants")) {
      const found = await runMutants(checks, seed === undefined ? {} : { seed }, ({ name }, { text, result }) => { around.err(`check: ${name}: ${result}: ${text}\n`); });
      const texts = found.map(({ file, name, report }) => (report === null ? `${file}  ${name}: a model has no mutants.\n` : mutantsText(report)));
      around.out(json ? jsonOf({ checks: found }) : texts.join("\n"));
      return found.every(({ report }) => report === null || report.mutants.length > 0) ? 0 : 1;
    }
    const asked = { secondsEach: seconds === 0 ? null : seconds, ...(seed === undefined ? {} : { seed }), ...(workers === undefined ? {} : { workers }) };
    const results = await runChecks(checks, asked, {
      begun: ({ file, name }, scope) => { around.err(`check: ${file}, ${name}: ${scope.name}\n`); },
      progress: nowAndThen((progress) => { around.err(`check: ${progressText(progress)}\n`); }),
      ended: (result) => { if (!json) around.out(resultText(result)); },
    });
    const passed = results.every((result) => result.passed);
    const stories = given.text("stories");
    const pages = stories === undefined ? [] : await writeStories(results, resolve(around.folder, stories));
    const replaysTo = given.text("replays");
    const replays = replaysTo === undefined ? [] : await writeReplays(results, resolve(around.folder, replaysTo), around.folder);
    const written = [...pages, ...replays].map((file) => `${file}\n`).join("");
    around.out(json ? jsonOf({ passed, checks: results, pages, replays }) : summaryText(results) + written);
    return passed ? 0 : 1;
  },
};

async function checker(): Promise<typeof Checker> {
  try {
    return await import("@evenkeel/checker/command");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes("@evenkeel/checker");
    throw missing ? new CliError("CHECKER_MISSING", SEPARATELY_INSTALLED, { cause: error }) : error;
  }
}

const SAY_EVERY_SECONDS = 2;

/** Says the first thing of each exploration that takes a moment, and then one every two seconds. */
function nowAndThen(say: (progress: Progress) => void): (progress: Progress) => void {
  let next = SAY_EVERY_SECONDS;
  return (progress) => {
    if (progress.seconds < next - SAY_EVERY_SECONDS) next = SAY_EVERY_SECONDS;
    if (progress.seconds < next) return;
    next = progress.seconds + SAY_EVERY_SECONDS;
    say(progress);
  };
}
