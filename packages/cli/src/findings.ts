// What doctor makes of what it sees: a rule for each thing that can be wrong, with the thing at fault and its cure. Pure; it looks at
// nothing itself.
import type { Diagnosis, Hold } from "@evenkeel/postgres";
import type { Seen } from "./look.ts";
import { duration } from "./table.ts";

export interface Finding {
  readonly check: string;
  /** "note": works, and could be better. "problem": something is or will be harmed. */
  readonly level: "ok" | "note" | "problem";
  readonly message: string;
  /** null where there is nothing to cure. */
  readonly cure: string | null;
}

interface Limits {
  /** How long a transaction may stay open, or idle, before it counts. */
  readonly openMs: number;
  /** How many messages a service may be behind. */
  readonly lag: number;
}

type Rule = (diagnosis: Diagnosis, seen: Seen, limits: Limits) => readonly Finding[];

/** Every check leaves at least one finding, so that a check that did not run cannot look like one that passed. */
export function findings(diagnosis: Diagnosis, seen: Seen, limits: Limits): readonly Finding[] {
  return Object.entries(RULES).flatMap(([check, rule]): readonly Finding[] => {
    const found = rule(diagnosis, seen, limits);
    return found.length > 0 ? found : [{ check, level: "ok", message: FINE[check] ?? "fine", cure: null }];
  });
}

const FINE: Readonly<Record<string, string>> = {
  horizon: "nothing keeps dead rows from being vacuumed",
  "idle transactions": "no session idles in a transaction",
  hints: "workers hear of new messages at once",
  workers: "a worker is alive",
  stalls: "nothing stands still in a worker",
  lag: "no service is far behind",
  leases: "every partition that is owned has a living owner",
  "parked keys": "no message waits for a person",
  calls: "no call waits for a person",
};

const RULES: Readonly<Record<string, Rule>> = {
  server: ({ serverVersion, seesAllSessions }) => {
    const about = { check: "server", level: "ok" as const, message: `PostgreSQL ${serverVersion}`, cure: null };
    if (seesAllSessions) return [about];
    return [about, {
      check: "server", level: "note",
      message: "this user cannot see what sessions of other users do: the checks of the horizon and idle transactions cover only its own",
      cure: "grant pg_read_all_stats to this user, or run doctor as one who has it",
    }];
  },

  horizon: ({ holds }, _seen, { openMs }) => holds.filter((hold) => hold.forMs === null || hold.forMs >= openMs).map((hold) => ({
    check: "horizon", level: "problem",
    message: `${nameOf(hold)} holds back vacuum${hold.forMs === null ? "" : ` for ${duration(hold.forMs)}`} ` +
      `(${String(hold.transactions)} transactions): spent rows stay, and everything gets slower`,
    cure: cureOf(hold),
  })),

  "idle transactions": ({ idleTransactions }, _seen, { openMs }) => idleTransactions.filter((one) => one.forMs >= openMs).map((one) => ({
    check: "idle transactions", level: "problem",
    message: `session ${String(one.pid)} (${one.user}, ${one.application || "no application name"}, ${one.client}) ` +
      `idles in a transaction for ${duration(one.forMs)}; its last statement: ${one.query}`,
    cure: `commit or roll back there, or: select pg_terminate_backend(${String(one.pid)}); ` +
      "set idle_in_transaction_session_timeout so that it cannot last",
  })),

  hints: ({ hintsArrive }) => hintsArrive ? [] : [{
    check: "hints", level: "note",
    message: "notifications do not arrive: a pooler in transaction mode stands between, and workers look every few milliseconds instead",
    cure: "give workers a URL that leads to the server itself, or a pooler in session mode, if the polling costs too much",
  }],

  workers: (_diagnosis, { workers, groups }) => workers.some((one) => one.alive) ? [] : [{
    check: "workers", level: groups.some((one) => one.lag > 0) ? "problem" : "note",
    message: "no worker is alive", cure: "start one: evenkeel worker FILE",
  }],

  stalls: (_diagnosis, { stalls }) => stalls.map((one) => ({
    check: "stalls", level: one.alive ? "problem" : "note",
    message: `process ${String(one.pid)} on ${one.host} (worker ${one.worker}${one.alive ? "" : ", which is gone"}) stands still for ${duration(one.forMs)}: ${one.message}`,
    cure: one.alive
      ? `who waits for what: kill -USR2 ${String(one.pid)} on ${one.host}, or app.waits() there; if nothing moves, restart it: others take over`
      : "others take over what it had; look at its log for what held it, before another process comes to stand in the same place",
  })),

  lag: (_diagnosis, { groups, workers }, limits) => groups.flatMap((group): Finding[] => {
    const served = workers.some((one) => one.alive && one.groups.includes(group.group));
    if (group.lag > 0 && !served) {
      return [{
        check: "lag", level: "problem", message: `${group.group} has ${String(group.lag)} messages to handle and no worker that runs it`,
        cure: `start a worker whose application contains the service ${group.group}`,
      }];
    }
    if (group.lag <= limits.lag) return [];
    return [{
      check: "lag", level: "note", message: `${group.group} is ${String(group.lag)} messages behind`,
      cure: "look again in a moment: if it grows, start more workers, or look at how long its handlers take",
    }];
  }),

  leases: (_diagnosis, { leases, workers }) => leases.flatMap((lease): Finding[] => {
    const others = workers.some((one) => one.alive);
    const where = `partition ${String(lease.partition)} of ${lease.group}`;
    if (lease.worker !== null && !lease.alive) {
      return [{
        check: "leases", level: others ? "problem" : "note", message: `${where} belongs to worker ${lease.worker}, which is gone`,
        cure: others
          ? "run doctor again in a few seconds: a living worker of that service takes it over; if none does, start one"
          : "start a worker: it takes over",
      }];
    }
    if (lease.deaths < 2 && lease.mark === null) return [];
    const at = lease.mark === null ? "" : ` It handles position ${String(lease.mark)} alone now.`;
    return [{
      check: "leases", level: "problem",
      message: `${where}: ${String(lease.deaths)} workers died here one after another without getting on.${at}`,
      cure: "a message probably ends the process that handles it (memory, an endless loop): it becomes a dead letter with the code " +
        "HANDLER_KILLED; look at the workers' logs",
    }];
  }),

  "parked keys": (_diagnosis, { groups }) => groups.flatMap((group): Finding[] => [
    ...group.deadLetters === 0 ? [] : [{
      check: "parked keys", level: "problem" as const,
      message: `${group.group} has ${String(group.deadLetters)} dead letters, and what follows them waits`,
      cure: `evenkeel dead-letters list --group ${group.group}`,
    }],
    ...group.waitingKeys === 0 ? [] : [{
      check: "parked keys", level: "note" as const, message: `${group.group} tries ${String(group.waitingKeys)} keys again by itself`,
      cure: `evenkeel dead-letters list --group ${group.group} --state waiting`,
    }],
  ]),

  calls: (_diagnosis, { groups }) => groups.filter((one) => one.callsNeedingAttention > 0).map((one) => ({
    check: "calls", level: "problem",
    message: `${one.group} has ${String(one.callsNeedingAttention)} calls of which nobody knows how they ended`,
    cure: `evenkeel calls list --group ${one.group}: ask the provider by the call key, then retry, resolve or abandon`,
  })),
};

function nameOf(hold: Hold): string {
  switch (hold.kind) {
    case "session": return `session ${String(hold.pid)} (${hold.user}, ${hold.name || "no application name"})`;
    case "standby": return `the standby ${hold.name || String(hold.pid)}`;
    case "slot": return `the replication slot ${hold.name}`;
    case "prepared": return `the prepared transaction ${hold.name} (${hold.user})`;
  }
}

function cureOf(hold: Hold): string {
  switch (hold.kind) {
    case "session": return `end it: select pg_terminate_backend(${String(hold.pid)}). Its statement: ${hold.query}`;
    case "standby": return "look for a long query on the standby, or turn hot_standby_feedback off there";
    case "slot": return `if nobody reads it any more: select pg_drop_replication_slot('${hold.name.replaceAll("'", "''")}')`;
    case "prepared": return `finish it: rollback prepared '${hold.name.replaceAll("'", "''")}', or commit prepared`;
  }
}
