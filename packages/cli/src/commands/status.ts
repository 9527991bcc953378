// `evenkeel status`: how far each service is, what waits, and who works. A look; what is wrong and how to cure it is doctor's.
import type { CallInNeed, StallState, WorkerState } from "@evenkeel/postgres";
import { show, type Command } from "../command.ts";
import { iso } from "../dead-letter-shape.ts";
import { look, type Seen } from "../look.ts";
import { withOperator } from "../open-database.ts";
import { duration, shorten, table } from "../table.ts";

export const status: Command = {
  name: "status",
  summary: "shows services, their lag, what is parked, and the workers",
  positional: "",
  options: {},
  details: [
    "LAG counts messages that are not yet handled. HELD counts partitions that a living worker owns. What stands still in a worker is shown " +
    "while it does, and for ten minutes after a worker is gone.",
  ],
  examples: ["evenkeel status", "evenkeel status --json | jq '.groups[] | select(.lag > 1000)'"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const seen = await look(operator);
    const groups = seen.groups.map((one) => ({ ...one, oldestParkedAt: one.oldestParkedAt === null ? null : iso(one.oldestParkedAt) }));
    show(invocation, { ...seen, groups }, text(seen));
    return 0;
  }),
};

function text(seen: Seen): string {
  return [groupsText(seen), workersText(seen.workers), stallsText(seen.stalls), callsText(seen.callsNeedingAttention)].filter((part) => part !== "").join("\n");
}

function groupsText({ groups, leases }: Seen): string {
  if (groups.length === 0) return "No service has been recorded here yet: start one with `evenkeel worker FILE`.\n";
  const now = Date.now();
  return table(groups, [
    { title: "GROUP", value: (one) => one.group },
    { title: "LAG", value: (one) => one.lag },
    { title: "RETRYING", value: (one) => one.waitingKeys },
    { title: "DEAD", value: (one) => one.deadLetters },
    { title: "OLDEST", value: (one) => one.oldestParkedAt === null ? "-" : duration(now - one.oldestParkedAt) },
    { title: "CALLS", value: (one) => one.calls },
    { title: "ATTENTION", value: (one) => one.callsNeedingAttention },
    { title: "HELD", value: (one) => leases.filter((lease) => lease.group === one.group && lease.alive).length },
  ]);
}

function workersText(workers: readonly WorkerState[]): string {
  if (workers.length === 0) return "No worker runs: start one with `evenkeel worker FILE`.\n";
  return table(workers, [
    { title: "WORKER", value: (one) => one.id },
    { title: "HOST", value: (one) => one.host },
    { title: "PROCESS", value: (one) => one.pid },
    { title: "STATE", value: (one) => one.alive ? "alive" : "lapsed" },
    { title: "HEARTBEAT", value: (one) => `${duration(one.heartbeatAgoMs)} ago` },
    { title: "SERVICES", value: (one) => shorten(one.groups.join(", "), 80) },
  ]);
}

function stallsText(stalls: readonly StallState[]): string {
  if (stalls.length === 0) return "";
  return `What stands still (\`evenkeel doctor\` says more):\n${table(stalls, [
    { title: "WORKER", value: (one) => one.worker },
    { title: "PROCESS", value: (one) => one.pid },
    { title: "STATE", value: (one) => one.alive ? "alive" : "gone" },
    { title: "FOR", value: (one) => duration(one.forMs) },
    { title: "COUNT", value: (one) => one.count },
    { title: "WHAT", value: (one) => shorten(one.name, 80) },
  ])}`;
}

function callsText(calls: readonly CallInNeed[]): string {
  if (calls.length === 0) return "";
  return `Calls that need a person, since nobody knows how they ended (\`evenkeel calls --help\`):\n${table(calls, [
    { title: "GROUP", value: (one) => one.group },
    { title: "OPERATION", value: (one) => one.operation },
    { title: "CALL KEY", value: (one) => one.callKey },
    { title: "TENANT", value: (one) => one.tenant },
    { title: "KEY", value: (one) => one.routingKey },
    { title: "RUNS", value: (one) => one.attempts },
    { title: "OVERDUE", value: (one) => duration(one.overdueMs) },
    { title: "CORRELATION", value: (one) => one.correlationId },
  ])}`;
}
