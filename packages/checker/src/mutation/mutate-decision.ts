// What a mutation makes of a handler's decision. The handler itself runs as it ships.
import type { Envelope } from "@evenkeel/core";
import type { Changes, Decision } from "@evenkeel/core/engine";
import type { Mutation } from "./mutation.ts";

/** @returns the decision itself where the mutation says nothing about it. */
export function mutateDecision(mutation: Mutation, service: string, message: Envelope, decision: Decision): Decision {
  if (decision.kind !== "changes") return decision;
  const changes = mutateChanges(mutation, service, message, decision.changes);
  return changes === decision.changes ? decision : { kind: "changes", changes };
}

const NOTHING: Changes = { documents: [], messages: [], calls: [], answers: [], timers: [], cancelledTimers: [], sql: [] };

function mutateChanges(mutation: Mutation, service: string, message: Envelope, changes: Changes): Changes {
  if (!("service" in mutation) || mutation.service !== service) return changes;
  switch (mutation.kind) {
    case "ignores": return mutation.message === handledAs(message) ? NOTHING : changes;
    case "forgets": {
      const messages = changes.messages.filter(({ name }) => name !== mutation.message);
      return messages.length === changes.messages.length ? changes : { ...changes, messages };
    }
    case "reverses": return isReversible(changes.messages) ? { ...changes, messages: changes.messages.toReversed() } : changes;
    case "revivesNothing":
    case "writesStale": return changes;
  }
}

/** Order is kept per key: where all keys differ there is none. */
function isReversible(messages: readonly Envelope[]): boolean {
  return new Set(messages.map(({ tenant, key }) => `${tenant}\u0000${key}`)).size < messages.length;
}

/** The name a mutation knows a handler by: its message, or for outcomes "port.operation kind" within the message's name. */
function handledAs({ name, body }: Envelope): string {
  const kind = /^\{"kind":"([^"]*)","call":/.exec(body)?.[1];
  return kind === undefined ? name : `${name}: ${kind}`;
}
