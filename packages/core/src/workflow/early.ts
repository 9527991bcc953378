// What comes for a run before it has begun, or to begin it once more: kept, or told in its document, so that nothing is lost without a word. It
// runs nothing.
import { digestOf } from "../message/hash.ts";
import type { Definition } from "./definition.ts";
import { checkBuffered } from "./inbox.ts";
import { isSameParent, type AnyRun, type Begun, type Buffered } from "./journal.ts";
import { kept } from "./kept.ts";
import type { Cancel, Start } from "./messages.ts";
import { canonicalJson } from "./same-json.ts";
import { wasCancelled } from "./standing.ts";
import { withStray, type Came } from "./strays.ts";

/** A run that has not begun. A dead letter would hold up the start, which may be on its way; a document tells whoever looks at the run. */
function unbegun(before: AnyRun | undefined): AnyRun {
  return before ?? {
    status: "awaited", version: 0, generation: 0, input: null, startedAt: 0, endedAt: null, parent: null, journal: [], inbox: [], strays: [],
  };
}

/** It may wait for the message once it has begun. */
export function withEarlyMessage({ name, maxBuffered }: Definition, id: string, before: AnyRun | undefined, message: Buffered): AnyRun {
  const run = unbegun(before);
  const inbox = [...run.inbox, message];
  checkBuffered(inbox, maxBuffered, name, id);
  return { ...run, inbox };
}

/** It will find itself cancelled when it begins. A parent says `start` before `cancel`: what comes the other way round is none of its own. */
export function withEarlyCancel(before: AnyRun | undefined, { reason, parent }: Cancel, came: Came): AnyRun {
  const run = unbegun(before);
  if (parent !== undefined) {
    return { ...run, strays: withStray(run.strays, came, `run '${parent.run}' of workflow '${parent.workflow}' ends, and did not begin this run`) };
  }
  if (wasCancelled(run.journal)) return { ...run, strays: withStray(run.strays, came, "the run is to be cancelled already") };
  return { ...run, journal: [{ kind: "cancelled", at: came.now, reason }] };
}

/** It has nothing that this could be about. */
export function withEarlyStray(before: AnyRun | undefined, came: Came): AnyRun {
  const run = unbegun(before);
  return { ...run, strays: withStray(run.strays, came, "no run of this id had begun") };
}

/** A run that begins, with what came before it did. */
export function begunRun(version: number, before: AnyRun | undefined, { input, parent }: Start<unknown>, now: number): AnyRun {
  const { journal, inbox, strays } = unbegun(before);
  return kept({
    status: "running", version, generation: 0, input, startedAt: now, endedAt: null, parent: parent ?? null,
    // By its own clock it cannot have been told before it was there.
    journal: journal.map((entry) => entry.kind === "cancelled" ? { ...entry, at: now } : entry), inbox, strays,
  });
}

/** When a run began and with what, told of a later generation. */
export function begunOf({ begun, startedAt, input }: AnyRun): Begun {
  return begun ?? { at: startedAt, input: inputDigest(input) };
}

/** Why a start is none of the run that is there; null: it asks for that very run once more. */
export function whyNotThisRun(run: AnyRun, { input, parent }: Start<unknown>): string | null {
  if (parent !== undefined && !isSameParent(parent, run.parent)) {
    return `run '${parent.run}' of workflow '${parent.workflow}' wanted it as a child of its own, and was told that its id is taken`;
  }
  return begunOf(run).input === inputDigest(input) ? null : "the run was begun before, with another input";
}

function inputDigest(input: unknown): string {
  return digestOf(canonicalJson(input));
}
