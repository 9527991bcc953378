// `evenkeel calls retry`, `resolve` and `abandon`: requests that the owner of the partition acts on, so that none races the call runner.
// Nothing of a call is changed from here.
import { durableCalls, type DurableCalls } from "@evenkeel/core";
import type { CallControlEntry, CallEntry } from "@evenkeel/core/spi";
import { nodeHost } from "@evenkeel/postgres";
import { CALL_OPTIONS, callChoiceOf, findOneCall } from "../call-choice.ts";
import { callControlShape } from "../call-shape.ts";
import { show, type Command, type Invocation } from "../command.ts";
import { usage } from "../errors.ts";
import { jsonGiven } from "../json-given.ts";
import { logOf, withOperator } from "../open-database.ts";
import { NOTE_OPTIONS, noteOf } from "../operator-note.ts";
import { printable } from "../table.ts";
import { retryAll } from "./retry-all.ts";

export const callsRetry: Command = {
  name: "calls retry",
  summary: "gives calls a new deadline and asks their providers again",
  positional: "",
  options: {
    ...CALL_OPTIONS,
    "deadline-seconds": { value: "N", help: "the new deadline, from now; default as long as the call had" },
    all: { help: "every call that needs attention and fits, oldest first, each once" },
    rate: { value: "N", help: "with --all: at most this many a second" },
    ...NOTE_OPTIONS,
  },
  details: [
    "The key stays the same. The provider is asked what became of it; where it has nothing, and for operations that reconcile by " +
    "repeating, the call is performed again.",
  ],
  examples: ["evenkeel calls retry --operation card.charge --key o-17/charge", "evenkeel calls retry --port card --all --rate 20 --note 'bank is back'"],
  run: (invocation) => {
    const { given } = invocation;
    const seconds = given.number("deadline-seconds", 0.001, 31_622_400);
    const note = { ...noteOf(invocation), ...(seconds === undefined ? {} : { deadlineMs: seconds * 1_000 }) };
    const rate = given.number("rate", 0.001, 1_000_000);
    if (given.flag("all")) return retryAll(invocation, note, rate);
    if (rate !== undefined) throw usage("--rate goes with --all.");
    return acting(invocation, "retried", (calls, call) => calls.retry(call, note));
  },
};

export const callsResolve: Command = {
  name: "calls resolve",
  summary: "ends a call with the outcome that a person found out",
  positional: "",
  options: {
    ...CALL_OPTIONS,
    outcome: { value: "KIND", help: "ok, a failure that the operation declares, or notPerformed" },
    value: { value: "JSON|@FILE", help: "the outcome's value; of notPerformed, why, as a JSON text" },
    ...NOTE_OPTIONS,
  },
  details: [
    "The service hears it as it hears any outcome of the call. The owner holds the value to the operation's schema and refuses what does not " +
    "fit. What the provider answers later is ignored.",
  ],
  examples: [
    "evenkeel calls resolve --key o-17/charge --outcome ok --value '{\"chargeId\": \"ch-81\"}' --note 'seen in the portal'",
    "evenkeel calls resolve --key o-17/charge --outcome notPerformed",
  ],
  run: (invocation) => {
    const note = noteOf(invocation);
    const kind = invocation.given.text("outcome");
    if (kind === undefined) throw usage("--outcome is missing: give ok, a failure that the operation declares, or notPerformed.");
    const value = jsonGiven(invocation, "value");
    return acting(invocation, "resolved", (calls, call) => calls.resolve(call, value === undefined ? { kind } : { kind, value }, note));
  },
};

export const callsAbandon: Command = {
  name: "calls abandon",
  summary: "ends a call without an outcome; its service hears nothing more of it",
  positional: "",
  options: { ...CALL_OPTIONS, ...NOTE_OPTIONS },
  details: ["What its service waits for must then be settled by other means: where the end is known, resolve tells it."],
  examples: ["evenkeel calls abandon --key o-17/charge --note 'test order'"],
  run: (invocation) => {
    const note = noteOf(invocation);
    return acting(invocation, "abandoned", (calls, call) => calls.abandon(call, note));
  },
};

function acting(invocation: Invocation, done: string, act: (calls: DurableCalls, call: CallEntry) => Promise<CallControlEntry>): Promise<number> {
  return withOperator(invocation, async (operator) => {
    const call = await findOneCall(operator, callChoiceOf(invocation.given, operator.groups));
    const entry = await act(durableCalls(operator, nodeHost(logOf(invocation))), call);
    show(invocation, callControlShape(entry), `${done} the call ${call.id} of ${call.operation} (key ${printable(call.callKey)}).\n`);
    return 0;
  });
}
