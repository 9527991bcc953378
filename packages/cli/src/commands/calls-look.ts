// `evenkeel calls list` and `show`: which calls live and need a person, and one of them in full.
import type { CallEntry, CallState } from "@evenkeel/core/spi";
import { CALL_OPTIONS, callChoiceOf, findOneCall } from "../call-choice.ts";
import { callShape } from "../call-shape.ts";
import { show, type Command } from "../command.ts";
import { dataOf } from "../dead-letter-shape.ts";
import { usage } from "../errors.ts";
import { withOperator } from "../open-database.ts";
import { duration, printable, table } from "../table.ts";

const LIMIT = 100;
const STATES: readonly CallState[] = ["attention", "due", "unknown", "asking"];

export const callsList: Command = {
  name: "calls list",
  summary: "shows calls that need a person, oldest request first",
  positional: "",
  options: {
    ...CALL_OPTIONS,
    state: { value: `${STATES.join("|")}|any`, help: "the others are looked after by themselves; default attention" },
    after: { value: "N", help: "only behind this sequence: the next page" },
    limit: { value: "N", help: `how many at most; default ${String(LIMIT)}` },
  },
  details: [
    "A call needs attention when its deadline passed and nobody knows whether its effect happened. Later calls of its routing key wait " +
    "behind it, unless a workflow made it; all others go on.",
  ],
  examples: ["evenkeel calls list --port card", "evenkeel calls list --state any --json | jq '.[] | .callKey'"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const { given, around } = invocation;
    const limit = given.whole("limit", 1, 100_000) ?? LIMIT;
    const after = given.whole("after", 0, Number.MAX_SAFE_INTEGER);
    const state = stateOf(given.text("state") ?? "attention");
    const choice = callChoiceOf(given, operator.groups);
    const found = await operator.listCalls({ ...choice, limit, ...(state === undefined ? {} : { state }), ...(after === undefined ? {} : { after }) });
    show(invocation, found.map(callShape), found.length === 0 ? "There are no such calls.\n" : listing(found));
    const last = found.at(-1);
    if (found.length === limit && last !== undefined) around.err(`There may be more: --after ${String(last.sequence)} shows them.\n`);
    return 0;
  }),
};

function stateOf(text: string): CallState | undefined {
  const state = STATES.find((one) => one === text);
  if (state === undefined && text !== "any") throw usage(`--state is '${text}': give ${STATES.join(", ")} or any.`);
  return state;
}

function listing(found: readonly CallEntry[]): string {
  return table(found, [
    { title: "ID", value: (one) => one.id },
    { title: "GROUP", value: (one) => one.group },
    { title: "OPERATION", value: (one) => one.operation },
    { title: "TENANT", value: (one) => one.tenant },
    { title: "CALL KEY", value: (one) => one.callKey },
    { title: "STATE", value: (one) => one.state },
    { title: "RUNS", value: (one) => one.attempts },
    { title: "DEADLINE", value: deadlineOf },
    { title: "REQUEST", value: (one) => one.control === null ? "-" : `${one.control.action} by ${one.control.actor}` },
  ]);
}

function deadlineOf({ deadlineInMs }: CallEntry): string {
  return deadlineInMs < 0 ? `${duration(-deadlineInMs)} ago` : `in ${duration(deadlineInMs)}`;
}

export const callsShow: Command = {
  name: "calls show",
  summary: "shows one live call with its input",
  positional: "",
  options: CALL_OPTIONS,
  details: [],
  examples: ["evenkeel calls show --operation card.charge --key o-17/charge"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const call = await findOneCall(operator, callChoiceOf(invocation.given, operator.groups));
    show(invocation, callShape(call), page(call));
    return 0;
  }),
};

const MEANING: Readonly<Record<CallState, string>> = {
  due: "is performed when its time comes", unknown: "waits for the handler's answer to its unknown outcome",
  asking: "its provider is asked what became of it", attention: "waits for a person: retry, resolve or abandon it",
};

function page(call: CallEntry): string {
  const request = call.control === null ? "none waits" : `${String(call.control.id)}: ${call.control.action} by ${call.control.actor} waits for the owner`;
  const facts: readonly (readonly [string, string])[] = [
    ["call", call.id],
    ["operation", call.operation],
    ["call key", call.callKey],
    ["tenant", call.tenant],
    ["group", call.group],
    ["routing key", `${call.routingKey}, partition ${String(call.partition)}`],
    ["state", `${call.state}: ${MEANING[call.state]}`],
    ["attempts", String(call.attempts)],
    ["deadline", deadlineOf(call)],
    ["caused by", call.causationId],
    ["correlation", call.correlationId],
    ["request", request],
  ];
  return `${facts.map(([name, value]) => `${name.padEnd(12)}${printable(value)}\n`).join("")}input:\n${JSON.stringify(dataOf(call.input), null, 2)}\n`;
}
