// The steps of a system for people: who receives what from whom, and which fault strikes. It decides nothing.
import type { Envelope } from "@evenkeel/core";
import type { Tale } from "../report.ts";
import type { Definition, System } from "./definitions.ts";
import { outcomesOf } from "./definitions.ts";
import type { StepDetail } from "./step-detail.ts";

/** Whoever publishes at the door. */
const CLIENT = "client";
const OUTSIDE = "outside";

/** What an attempt's end is in words, where it is a fault. */
const UNANSWERED: Readonly<Record<string, string>> = {
  "notPerformed": "certainly not performed",
  "unknown-applied": "no answer, and the effect has happened",
  "unknown-not-applied": "no answer, and no effect",
  "late-applied": "no answer, and the effect is still to come",
};

export function teller(system: System): (action: string, detail: unknown) => Tale {
  const definitions = system.groups.flatMap((group) => group.definitions);
  const senders = sendersOf(definitions);
  const outcomes = new Map(definitions.flatMap(({ service }) => [...outcomesOf(service)].map(([name, operation]) => [name, operation.name] as const)));
  const named = ({ name, key, body }: Said): string => {
    const operation = outcomes.get(name);
    return operation === undefined ? `${name} ${key}` : `${operation} ${key}: ${kindOf(body)}`;
  };
  return (action, detail) => (isStepDetail(detail) ? taleOf(detail, senders, named) : { actor: action, from: null, what: action, fault: null });
}

type Said = Pick<Envelope, "name" | "key" | "body">;

/** The kind stands first in the body of an outcome (core's call-outcome.ts writes it). */
function kindOf(body: string): string {
  return /^\{"kind":"([^"]*)"/.exec(body)?.[1] ?? "";
}

function taleOf(detail: StepDetail, senders: ReadonlyMap<string, string>, named: (message: Said) => string): Tale {
  switch (detail.kind) {
    case "arrived": return { actor: "log", from: detail.isReaction === true ? OUTSIDE : CLIENT, what: named(detail.message), fault: detail.again ? "arrives again" : null };
    case "handled": return { actor: detail.service, from: senders.get(detail.message.name) ?? CLIENT, what: named(detail.message), fault: null };
    case "killed": return { actor: detail.service, from: senders.get(detail.message.name) ?? CLIENT, what: named(detail.message), fault: "kills every worker that handles it" };
    case "redriven": return { actor: detail.service, from: "operator", what: `redrives ${named(detail.message)}`, fault: null };
    case "fired": return { actor: "log", from: "timer", what: named(detail.message), fault: null };
    case "landed": return { actor: portOf(detail.operation), from: null, what: `${detail.operation} ${detail.key}`, fault: "takes effect late" };
    case "asked": return { actor: portOf(detail.call.operation), from: detail.service, what: `asks for ${detail.call.operation} ${detail.call.callKey}: ${detail.answer}`, fault: null };
    case "expired": return { actor: portOf(detail.call.operation), from: detail.service, what: `asks for ${detail.call.operation} ${detail.call.callKey}`, fault: "never answers" };
    case "takenOver": {
      const effect = detail.calls.map(({ operation, callKey }) => `, and ${operation} ${callKey} may have had its effect`).join("");
      return { actor: detail.service, from: null, what: `another worker takes ${detail.key} over`, fault: `a worker is lost with the calls that it holds${effect}` };
    }
    case "performed": {
      const { call, end, service, workerDied } = detail;
      const faults = [...(workerDied ? ["the worker dies before it keeps the answer"] : []), ...(end in UNANSWERED ? [UNANSWERED[end] ?? end] : [])];
      const answer = end in UNANSWERED ? "" : `: ${end}`;
      return { actor: portOf(call.operation), from: service, what: `${call.operation} ${call.callKey}${answer}`, fault: faults.length === 0 ? null : faults.join("; ") };
    }
  }
}

/** "payments.charge" belongs to the port "payments". */
function portOf(operation: string): string {
  return operation.slice(0, operation.lastIndexOf("."));
}

/** Who says a message, by its name: the service that emits it, the port whose outcome it is. Where several do, nobody is named. */
function sendersOf(definitions: readonly Definition[]): ReadonlyMap<string, string> {
  const senders = new Map<string, string>();
  const shared = new Set<string>();
  for (const { service } of definitions) {
    for (const { name } of service.emits) {
      if (senders.has(name) && senders.get(name) !== service.name) shared.add(name);
      senders.set(name, service.name);
    }
    for (const [name, operation] of outcomesOf(service)) senders.set(name, portOf(operation.name));
  }
  for (const name of shared) senders.delete(name);
  return senders;
}

/** Details are made by this package alone: whatever has their mark is one. */
export function isStepDetail(detail: unknown): detail is StepDetail {
  return typeof detail === "object" && detail !== null && "kind" in detail;
}
