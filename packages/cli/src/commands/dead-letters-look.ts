// `evenkeel dead-letters list` and `show`: what is parked, and one of them in full.
import type { ParkedEntry } from "@evenkeel/core/spi";
import type { OperatorAccess } from "@evenkeel/postgres";
import { show, type Command } from "../command.ts";
import { CHOICE_OPTIONS, choiceOf, find, findOne, optionsFor, type Choice } from "../dead-letter-choice.ts";
import { dataOf, iso, parkedShape } from "../dead-letter-shape.ts";
import { usage } from "../errors.ts";
import { withOperator } from "../open-database.ts";
import { duration, printable, shorten, table } from "../table.ts";

const LIMIT = 100;
/** So many are counted where nothing else is shown. */
const COUNTED = 1_000;

export const deadLettersList: Command = {
  name: "dead-letters list",
  summary: "shows messages that wait for a person, oldest first",
  positional: "",
  options: {
    ...CHOICE_OPTIONS,
    state: { value: "dead|waiting|all", help: "waiting ones will be tried again by themselves; default dead" },
    limit: { value: "N", help: `how many at most; default ${String(LIMIT)}` },
  },
  details: [
    "A dead letter is the message at the head of a parked key: it failed for good, and the messages of its key wait behind it in " +
    "order. All other keys flow.",
    "A run of a workflow is the key of its id in the group of the workflow's name. One whose very first wake failed has written nothing: it is " +
    "seen here alone.",
  ],
  examples: [
    "evenkeel dead-letters list --group payments", "evenkeel dead-letters list --group checkout --key o-1",
    "evenkeel dead-letters list --json | jq '.[] | .key'",
  ],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const { given, around } = invocation;
    const state = given.text("state") ?? "dead";
    if (state !== "dead" && state !== "waiting" && state !== "all") throw usage(`--state is '${state}': give dead, waiting or all.`);
    const limit = given.whole("limit", 1, 100_000) ?? LIMIT;
    const choice = choiceOf(given, operator.groups);
    const found = await find(operator, choice, state, limit);
    show(invocation, found.map(parkedShape), found.length === 0 ? await nothing(operator, choice, state) : listing(found));
    if (found.length === limit) around.err(`These are the oldest ${String(limit)}: there may be more; --limit shows them.\n`);
    return 0;
  }),
};

/** What is still tried again is no dead letter: whoever looks for a message that just failed would think that it is gone. */
async function nothing(operator: OperatorAccess, choice: Choice, state: "dead" | "waiting" | "all"): Promise<string> {
  const waiting = state === "dead" ? (await find(operator, choice, "waiting", COUNTED)).length : 0;
  if (waiting === 0) return "Nothing is parked here.\n";
  const [count, what] = waiting === 1 ? ["one", "is"] : [waiting < COUNTED ? String(waiting) : `${String(COUNTED)} or more`, "are"];
  return `No dead letter is here yet; ${count} that failed ${what} tried again: --state waiting shows ${waiting === 1 ? "it" : "them"}.\n`;
}

function listing(found: readonly ParkedEntry[]): string {
  const now = Date.now();
  return table(found, [
    { title: "GROUP", value: (one) => one.group },
    { title: "TENANT", value: (one) => one.tenant },
    { title: "KEY", value: (one) => one.key },
    { title: "POSITION", value: (one) => one.position },
    { title: "MESSAGE", value: (one) => one.message.name },
    { title: "STATE", value: (one) => one.editedBody === null ? one.state : `${one.state}, edited` },
    { title: "RUNS", value: (one) => one.attempts },
    { title: "BEHIND", value: (one) => one.behind },
    { title: "SINCE", value: (one) => duration(now - one.parkedAt) },
    { title: "CAUSE", value: (one) => shorten(`${one.code}: ${one.reason}`, 80) },
  ]);
}

export const deadLettersShow: Command = {
  name: "dead-letters show",
  summary: "shows one of them with its data and its failure",
  positional: "",
  options: CHOICE_OPTIONS,
  details: [],
  examples: ["evenkeel dead-letters show --group payments --key o-17"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const entry = await findOne(operator, choiceOf(invocation.given, operator.groups));
    show(invocation, parkedShape(entry), page(entry));
    return 0;
  }),
};

function page(entry: ParkedEntry): string {
  const { message } = entry;
  const next = entry.state === "dead" ? "waits for a person" : "is tried again by itself";
  const facts: readonly (readonly [string, string])[] = [
    ["message", `${message.name}, version ${String(message.version)}, ${message.id}`],
    ["group", entry.group],
    ["tenant", entry.tenant],
    ["key", `${entry.key} (${String(entry.behind)} behind it)`],
    ["position", `${String(entry.position)} in partition ${String(entry.partition)}`],
    ["occurred", iso(message.occurredAt)],
    ["caused by", message.causationId ?? "nothing inside: it came through the door"],
    ["correlation", message.correlationId],
    ["parked", `${iso(entry.parkedAt)}, after ${String(entry.attempts)} runs; ${next}`],
    ["cause", `${entry.code}: ${entry.reason}`],
  ];
  const edited = entry.editedBody === null ? "" : `replacement data:\n${pretty(entry.editedBody)}\n`;
  return `${facts.map(([name, value]) => `${name.padEnd(12)}${printable(value)}\n`).join("")}data:\n${pretty(message.body)}\n${edited}
What to do:
  evenkeel dead-letters edit ${printable(optionsFor(entry))} --data '{...}'
  evenkeel dead-letters redrive ${printable(optionsFor(entry))}
  evenkeel dead-letters skip ${printable(optionsFor(entry))}
`;
}

function pretty(body: string): string {
  return JSON.stringify(dataOf(body), null, 2).split("\n").map((line) => `  ${printable(line)}`).join("\n");
}
