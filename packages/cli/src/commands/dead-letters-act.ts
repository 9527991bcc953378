// `evenkeel dead-letters edit`, `redrive` and `skip`: requests that the owner of the partition acts on, so that a key's order holds
// whatever an operator does. Nothing is written to the parked messages from here.
import { deadLetters, EvenkeelError, type DeadLetters, type OperatorNote } from "@evenkeel/core";
import type { ControlEntry, ParkedEntry } from "@evenkeel/core/spi";
import { nodeHost } from "@evenkeel/postgres";
import type { OptionSpecs } from "../arguments.ts";
import { show, type Command, type Invocation } from "../command.ts";
import { CHOICE_OPTIONS, choiceOf, find, findOne, optionsFor } from "../dead-letter-choice.ts";
import { controlShape } from "../dead-letter-shape.ts";
import { reportOf, usage } from "../errors.ts";
import { forEachPaced } from "../for-each-paced.ts";
import { jsonGiven } from "../json-given.ts";
import { logOf, withOperator } from "../open-database.ts";
import { NOTE_OPTIONS, noteOf } from "../operator-note.ts";
import { printable } from "../table.ts";
import { failures, redriveAll } from "./redrive-all.ts";

const AT_ONCE = 16;
const MOST = 10_000;

const RATE: OptionSpecs = { rate: { value: "N", help: "with --all: at most this many a second" } };

export const deadLettersEdit: Command = {
  name: "dead-letters edit",
  summary: "stores other data for one, beside the original",
  positional: "",
  options: { ...CHOICE_OPTIONS, data: { value: "JSON|@FILE", help: "the data to handle instead" }, ...NOTE_OPTIONS },
  details: [
    "The position, the id and the original data stay. It does not run the message: redrive does. The command does not know the message's schema: " +
    "data that do not fit it fail when they are handled, and it is a dead letter again (DATA_INVALID).",
  ],
  examples: [
    "evenkeel dead-letters edit --group payments --key o-17 --data '{\"pence\": 1250}' --note 'negative total'",
    "evenkeel dead-letters edit --group payments --key o-17 --data @order.json",
  ],
  run: (invocation) => acting(invocation, async (letters, entry, note) => letters.edit(entry, dataGiven(invocation), note), {
    done: "edited", next: (entry) => `Run it: evenkeel dead-letters redrive ${optionsFor(entry)}\n`,
  }),
};

export const deadLettersRedrive: Command = {
  name: "dead-letters redrive",
  summary: "runs them again, and then what waits behind them, in order",
  positional: "",
  options: { ...CHOICE_OPTIONS, all: { help: "redrives every dead letter that fits, oldest first, each key once" }, ...RATE, ...NOTE_OPTIONS },
  details: ["Doing it twice is harmless: where nothing is parked any more it says so, and ends with 1. A message that fails again is parked again."],
  examples: [
    "evenkeel dead-letters redrive --group payments --key o-17",
    "evenkeel dead-letters redrive --group payments --all --rate 50 --note 'bank is back'",
  ],
  run: (invocation) => invocation.given.flag("all")
    ? redriveAll(invocation, noteOf(invocation), rateOf(invocation))
    : acting(invocation, (letters, entry, note) => letters.redrive(entry, note), { done: "redriven", next: () => "" }),
};

export const deadLettersSkip: Command = {
  name: "dead-letters skip",
  summary: "drops them for good; what waits behind them runs",
  positional: "",
  options: {
    ...CHOICE_OPTIONS, all: { help: `drops every dead letter that fits, oldest first, at most ${String(MOST)}` }, ...RATE, ...NOTE_OPTIONS,
  },
  details: ["The message stays in the log until its retention ends, and the request in the audit trail; this service never handles it."],
  examples: ["evenkeel dead-letters skip --group payments --key o-17 --note 'test order'"],
  run: (invocation) => {
    const { given } = invocation;
    if (given.flag("all") && given.text("group") === undefined) {
      throw usage("--all drops messages for good: say of which service with --group.");
    }
    return acting(invocation, (letters, entry, note) => letters.skip(entry, note), { done: "skipped", next: () => "" });
  },
};

type Act = (letters: DeadLetters, entry: ParkedEntry, note: OperatorNote) => Promise<ControlEntry>;
interface Words { readonly done: string; next(entry: ParkedEntry): string }

function acting(invocation: Invocation, act: Act, words: Words): Promise<number> {
  const note = noteOf(invocation);
  const { given } = invocation;
  const rate = rateOf(invocation);
  return withOperator(invocation, async (operator) => {
    const letters = deadLetters(operator, nodeHost(logOf(invocation)));
    const choice = choiceOf(given, operator.groups);
    if (given.flag("all")) {
      const found = await find(operator, choice, "dead", MOST);
      return all(invocation, { found, rate, done: words.done, act: (entry) => act(letters, entry, note) });
    }
    const entry = await findOne(operator, choice);
    const control = await act(letters, entry, note);
    if (control.result !== "done") throw refusal(control);
    const text = `${words.done} position ${String(entry.position)} of key ${printable(entry.key)} in ${entry.group}.\n`;
    show(invocation, controlShape(control), `${text}${words.next(entry)}`);
    return 0;
  });
}

function rateOf({ given }: Invocation): number | undefined {
  const rate = given.number("rate", 0.001, 1_000_000);
  if (rate !== undefined && !given.flag("all")) throw usage("--rate goes with --all.");
  return rate;
}

interface Outcome { readonly entry: ParkedEntry; readonly control: ControlEntry | null; readonly result: string }

interface Many {
  readonly found: readonly ParkedEntry[];
  readonly rate: number | undefined;
  readonly done: string;
  act(entry: ParkedEntry): Promise<ControlEntry>;
}

async function all(invocation: Invocation, { found, rate, done, act }: Many): Promise<number> {
  const outcomes: Outcome[] = [];
  let unanswered = false;
  await forEachPaced(found, { atOnce: AT_ONCE, perSecond: rate, goOn: () => !unanswered, onProgress: (count) => {
    invocation.around.err(`${String(count)} of ${String(found.length)}\n`);
  } }, async (entry) => {
    try {
      const control = await act(entry);
      outcomes.push({ entry, control, result: control.result ?? "waits for a worker" });
    } catch (error) {
      const { code, message } = reportOf(error);
      // Nobody works on this group, or the database is away: asking for more would not help.
      unanswered ||= code !== "DEAD_LETTER_UNKNOWN";
      outcomes.push({ entry, control: null, result: `${code}: ${message}` });
    }
  });
  outcomes.sort((a, b) => a.entry.position - b.entry.position);
  const failed = outcomes.filter((one) => one.result !== "done");
  const left = found.length - outcomes.length;
  const value = {
    [done]: outcomes.length - failed.length, failed: failed.length, left,
    results: outcomes.map(({ entry: { group, tenant, key, position }, control, result }) => ({
      group, tenant, key, position, request: control?.id ?? null, result,
    })),
  };
  const rest = left === 0 ? "" : ` ${String(left)} were left as they are.`;
  const text = `${done} ${String(outcomes.length - failed.length)} of ${String(found.length)}.${rest}\n`;
  show(invocation, value, failed.length === 0 ? text : `${text}${failures(failed)}`);
  return failed.length === 0 && left === 0 ? 0 : 1;
}

function refusal(control: ControlEntry): EvenkeelError {
  const what = `The owner refused to ${control.action} position ${String(control.position)} of key '${control.key}' in '${control.group}'`;
  const message = `${what}: ${control.result ?? ""}. List the dead letters again.`;
  return new EvenkeelError("CONTROL_REFUSED", message, { details: controlShape(control) });
}

function dataGiven(invocation: Invocation): unknown {
  const data = jsonGiven(invocation, "data");
  if (data === undefined) throw usage("--data is missing: give JSON, or @FILE with JSON in it.");
  return data;
}
