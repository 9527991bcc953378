// `evenkeel breakers list`, `reset` and `audit`: the breakers that all workers share. Those of one process alone are not seen here.
import { sharedBreakers } from "@evenkeel/core";
import type { BreakerEntry, BreakerReset } from "@evenkeel/core/spi";
import { actor } from "../actor.ts";
import { show, type Command } from "../command.ts";
import { iso } from "../dead-letter-shape.ts";
import { withOperator } from "../open-database.ts";
import { duration, printable, shorten, table } from "../table.ts";

const LIMIT = 100;

export const breakersList: Command = {
  name: "breakers list",
  summary: "shows the circuit breakers that all workers share",
  positional: "",
  options: {},
  details: [
    "Of operations declared with `breaker: { shared: true }`, those that have ever opened. A breaker that is not shared is of one process " +
    "alone, and its log tells of it (breaker.opened).",
  ],
  examples: ["evenkeel breakers list", "evenkeel breakers list --json | jq '.[] | select(.phase != \"closed\")'"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const found = await sharedBreakers(operator).list();
    show(invocation, found.map(entryShape), found.length === 0 ? "No shared breaker has ever opened.\n" : listing(found));
    return 0;
  }),
};

export const breakersReset: Command = {
  name: "breakers reset",
  summary: "closes a shared breaker, and calls go again",
  positional: "OPERATION",
  options: {
    actor: { value: "NAME", help: "who does it, for the audit trail; default the user at this machine" },
    note: { value: "TEXT", help: "why, for the audit trail" },
  },
  details: ["Every worker follows at its next look. What was counted is forgotten, and calls come back one by one; where they still fail it opens again."],
  examples: ["evenkeel breakers reset card.charge --note 'bank is back'"],
  run: (invocation) => {
    const { given, around } = invocation;
    const operation = given.positionals[0] ?? "";
    const note = { actor: given.text("actor") ?? actor(around.env), note: given.text("note") ?? "" };
    return withOperator(invocation, async (operator) => {
      const reset = await sharedBreakers(operator).reset(operation, note);
      show(invocation, resetShape(reset), `closed the breaker of ${printable(operation)}, which was ${WORDS[reset.was]}.\n`);
      return 0;
    });
  },
};

export const breakersAudit: Command = {
  name: "breakers audit",
  summary: "shows who reset shared breakers, newest first",
  positional: "",
  options: {
    operation: { value: "PORT.OPERATION", help: "only of this operation" },
    limit: { value: "N", help: `how many at most; default ${String(LIMIT)}` },
  },
  details: [],
  examples: ["evenkeel breakers audit --operation card.charge"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const { given } = invocation;
    const operation = given.text("operation");
    const found = await sharedBreakers(operator).audit({ limit: given.whole("limit", 1, 10_000) ?? LIMIT, ...(operation === undefined ? {} : { operation }) });
    const text = table(found, [
      { title: "WHEN", value: (one) => iso(one.resetAt) },
      { title: "WHO", value: (one) => one.actor },
      { title: "OPERATION", value: (one) => one.operation },
      { title: "WAS", value: (one) => WORDS[one.was] },
      { title: "NOTE", value: (one) => shorten(one.note, 80) },
    ]);
    show(invocation, found.map(resetShape), found.length === 0 ? "Nobody has reset a breaker here.\n" : text);
    return 0;
  }),
};

const WORDS: Readonly<Record<BreakerEntry["phase"], string>> = { closed: "closed", open: "open", halfOpen: "probing" };

function listing(found: readonly BreakerEntry[]): string {
  const now = Date.now();
  return table(found, [
    { title: "OPERATION", value: (one) => one.operation },
    { title: "PHASE", value: (one) => WORDS[one.phase] },
    { title: "SINCE", value: (one) => `${duration(Math.max(0, now - one.since))} ago` },
    { title: "NEXT PROBE", value: nextProbe },
    { title: "OPENED", value: (one) => one.opened },
    { title: "RESETS", value: (one) => one.resets },
    { title: "LAST CHANGE BY", value: (one) => shorten(one.reporter, 60) },
  ]);
}

function nextProbe({ phase, untilInMs, prober }: BreakerEntry): string {
  if (phase === "closed") return "-";
  if (phase === "halfOpen") return `under way by ${shorten(prober ?? "", 60)}`;
  return untilInMs === null || untilInMs <= 0 ? "with the next call" : `in ${duration(untilInMs)}`;
}

function entryShape({ since, ...rest }: BreakerEntry): Readonly<Record<string, unknown>> {
  return { ...rest, since: iso(since) };
}

function resetShape({ resetAt, ...rest }: BreakerReset): Readonly<Record<string, unknown>> {
  return { ...rest, resetAt: iso(resetAt) };
}
