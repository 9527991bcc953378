// Who asks for something, why, and how long to wait for the answer: the options that every request of an operator takes.
import type { OperatorNote } from "@evenkeel/core";
import { actor } from "./actor.ts";
import type { OptionSpecs } from "./arguments.ts";
import type { Invocation } from "./command.ts";

export const NOTE_OPTIONS: OptionSpecs = {
  actor: { value: "NAME", help: "who does it, for the audit trail; default the user at this machine" },
  note: { value: "TEXT", help: "why, for the audit trail" },
  "within-seconds": { value: "N", help: "how long to wait for the owner of the partition; default 10" },
};

export function noteOf({ given, around }: Invocation): OperatorNote {
  const withinMs = (given.number("within-seconds", 0, 86_400) ?? 10) * 1_000;
  return { actor: given.text("actor") ?? actor(around.env), note: given.text("note") ?? "", withinMs };
}
