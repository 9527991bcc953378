// The form of a call runner machine: epochs become ranks; tickets and commit numbers go, since an attempt knows its call and the machine which
// attempt it waits for; times become how long is left; of heaps only what they are made of is kept, which is in the calls.
import type { CallRunnerState } from "@evenkeel/core/engine";
import type { CallRecord } from "@evenkeel/core/spi";
import type { EpochRanks } from "../epoch-ranks.ts";
import { DELAY_MS } from "./world.ts";

/** What becomes of each part of the machine's state here: a part that is new does not compile until its place is given. */
export const CALL_RUNNER_PARTS: Readonly<Record<keyof CallRunnerState, "kept" | "left out">> = {
  phase: "kept", owned: "kept", calls: "kept", left: "kept", newNext: "kept", keys: "kept", operations: "kept", lookAt: "kept", orphans: "kept", scanning: "kept",
  answers: "kept", seen: "kept", staged: "kept", committing: "kept", commitLimit: "kept", reviving: "kept",
  // The same in every world; counted from what is kept; made of what is kept, but for entries that count no more.
  settings: "left out", callCount: "left out", kept: "left out", bulkheads: "left out", busy: "left out", timers: "left out", timerCount: "left out", queued: "left out",
  // Only compared with what it gave out itself; nobody asks for anything about calls here.
  nextCommit: "left out", nextTicket: "left out", controls: "left out",
};

type OwnedCalls = CallRunnerState["owned"] extends ReadonlyMap<number, infer Owned> ? Owned : never;

export class RunnerForm {
  readonly #nowMs: number;
  readonly #epochs: EpochRanks;

  constructor({ nowMs }: { readonly nowMs: number }, epochs: EpochRanks) {
    this.#nowMs = nowMs;
    this.#epochs = epochs;
  }

  /** Every epoch of the machine, which is to be known before the first rank. */
  note({ owned, scanning, staged, committing, reviving }: CallRunnerState): void {
    if (reviving !== null) this.#epochs.note(reviving);
    this.#epochs.noteAll([...owned.values()]);
    this.#epochs.noteAll(scanning?.fences ?? []);
    this.#epochs.noteAll(staged);
    this.#epochs.noteAll(committing?.updates ?? []);
  }

  until(at: number | null): string {
    if (at === null) return "-";
    const left = at - this.#nowMs;
    return left > DELAY_MS ? "f" : String(Math.max(0, left));
  }

  since(at: number): string {
    return String(Math.min(DELAY_MS, this.#nowMs - at));
  }

  record({ id, state, attempts, dueInMs, deadlineInMs }: CallRecord): string {
    return `${id}${state}${String(attempts)}:${String(dueInMs)}:${deadlineInMs > DELAY_MS ? "f" : String(Math.max(0, deadlineInMs))}`;
  }

  machine(state: CallRunnerState): string {
    const owned = [...state.owned.values()].map((one) =>
      `${this.#epochs.one(one)}@${String(one.cursor)}${one.hungry ? "h" : ""}${one.leaving ? "l" : ""}${one.caughtUp ? "" : `c${this.since(one.grantedAt)}`}${reviveAfter(one.reviveAfter)}`);
    const calls = [...state.calls.values()].sort((a, b) => a.call.sequence - b.call.sequence).map((live) => {
      const { id, state: row, attempts } = live.call;
      const finding = live.finding === null ? "" : live.finding.kind;
      return `${id}${row}${String(attempts)}${live.status}:${this.until(live.dueAt)}:${this.until(live.deadlineAt)}:${this.until(live.timerAt)}${live.uncertain ? "u" : ""}${finding}${live.answer ?? ""}${live.share === null ? "n" : ""}${live.recorded ? "" : "~"}`;
    });
    const keys = [...state.keys].map(([key, ids]) => `${key}:${ids.join("<")}`).sort();
    const orphans = [...state.orphans.values()].map(({ id, state: row, attempts, status, finding }) => `${id}${row}${String(attempts)}${status}${finding?.kind ?? ""}`);
    const active = [...state.operations.values()].map((load) => String(load.active));
    const { scanning } = state;
    const scan = scanning === null ? "" : `${scanning.of === "new" ? "new" : "left"}${this.#epochs.all(scanning.fences)}@${String(scanning.after)}:${String(scanning.seen)}:${this.since(scanning.startedAt)}`;
    const staged = [...state.staged, ...state.committing?.updates ?? []].map(({ partition, epoch, id, change, outcome, refusals, recorded }) =>
      `${this.#epochs.one({ partition, epoch })}${outcome?.id === id ? outcome.key : id}${recorded ? "" : `~${saidOf(outcome)}`}${change.kind}${change.kind === "set" ? `${change.state}${String(change.attempts)}:${this.until(change.dueAt)}` : ""}${kindOf(outcome)}${String(refusals)}`);
    return [
      state.phase, owned.join(), calls.join(";"), keys.join(";"), orphans.join(), active.join(), scan, [...state.answers].join(), String(state.staged.length),
      staged.join(), `${String(state.seen)}${String(state.commitLimit)}${state.newNext ? "n" : ""}${String(state.left.count)}`, this.until(state.lookAt),
      ...(state.reviving === null ? [] : [`reads${this.#epochs.one(state.reviving)}`]),
    ].join("/");
  }
}

function reviveAfter(after: OwnedCalls["reviveAfter"]): string {
  return after === null ? "" : after === "all" ? "*" : `>${after.key}`;
}

/** What is said of a call without a row, but for the epoch, which is its update's own. */
function saidOf(outcome: { readonly body: string } | null): string {
  return outcome === null ? "" : outcome.body.replace(/"before":\d+/, "");
}

export function kindOf(outcome: { readonly body: string } | null): string {
  return outcome === null ? "" : outcome.body.split('"')[3] ?? "";
}

type Live = { readonly call: CallRecord; readonly ticket: number };

/** Whether the machine still listens to this attempt. */
export function waitsFor(machine: CallRunnerState | null, { call, ticket }: Live): boolean {
  if (machine === null) return false;
  return machine.orphans.get(call.id)?.ticket === ticket || machine.calls.get(call.id)?.ticket === ticket;
}
