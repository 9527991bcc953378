// Several threads expand one level together; this thread alone decides. It hands out the states in order, takes what comes of them in the same
// order, and keeps what is new, so that ids, counts, ways and verdicts are those of a search in one thread. Where something is found, or room
// runs out, it expands those states itself, by the same code, and so sees it exactly as one thread would.
import { EvenkeelError } from "@evenkeel/core";
import type { StateCodec, Subject } from "../../space.ts";
import { ByteReader } from "../../state/bytes.ts";
import type { Expander } from "../expander.ts";
import type { Finding } from "../finding.ts";
import type { Judge } from "../judge.ts";
import type { Settings } from "../options.ts";
import type { Origins } from "../origins.ts";
import type { VisitedSet } from "../visited.ts";
import { askedBits, askedOf } from "./asked-bits.ts";
import { CandidateRows } from "./candidates.ts";
import type { Outcome, Piece } from "./messages.ts";
import type { PieceFrontier } from "./piece-frontier.ts";
import type { Answer, Threads } from "./threads.ts";

/** Levels of fewer states are not worth the messages. */
const WORTH_IT = 192;
const LEAST_STATES = 32;
const MOST_STATES = 512;
const TASKS_PER_THREAD = 4;
/** Tasks that are handed out ahead, per thread: so that none waits for this one. */
const AHEAD = 3;

interface Level<State> {
  readonly expander: Expander<State>;
  readonly level: number;
  readonly firstId: number;
  readonly count: number;
  /** Whether to stop for want of time; asked where some of the level is left. */
  readonly stop: () => boolean;
}

export interface Crew<State> {
  /** All states that wait now are of one level, and what is added from here on is of the next one. */
  beginLevel(): void;
  isWorthIt(states: number): boolean;
  /** Expands all states of a level. Returns how many were, and what a thread found that this one does not see. */
  expandLevel(level: Level<State>): Promise<{ readonly count: number; readonly lost: Finding | null }>;
}

interface CrewParts<State> {
  readonly subject: Subject<State>;
  readonly settings: Settings;
  readonly judge: Judge<State>;
  readonly visited: VisitedSet;
  readonly origins: Origins;
  readonly frontier: PieceFrontier<State>;
  readonly codecOf: (writer: number) => StateCodec<State>;
  readonly threads: Threads;
}

interface Handed {
  readonly firstId: number;
  readonly count: number;
  readonly pieces: readonly Piece[];
  readonly answer: Promise<Answer>;
}

export function crewOf<State>(parts: CrewParts<State>): Crew<State> {
  const { subject, settings, judge, visited, origins, frontier, codecOf, threads } = parts;
  const bits = askedBits(subject.properties);
  const { actions } = subject.space;

  function hand(level: number, firstId: number, most: number, about: number): Handed {
    const taken = frontier.take(about, most);
    if (taken === null || visited.table === null) throw new EvenkeelError("INTERNAL", "The waiting states of a level cannot be handed out.");
    const answer = threads.run({ level, firstId, ...taken, table: visited.table }, () => codecOf(0).news?.() ?? null);
    return { firstId, ...taken, answer };
  }

  function merge(
    { outcome, writer }: { readonly outcome: Outcome; readonly writer: number }, { firstId, count }: Handed, { expander, level }: Level<State>,
  ): void {
    const rows = new CandidateRows(outcome.rows, settings.fingerprintBits, bits.words);
    const times = outcome.outside.bits.slice();
    const fresh = actions.map(() => 0);
    const { words } = rows;
    let kept = 0;
    let from = 0;
    for (let row = 0; row < rows.count; row += 1) {
      rows.next();
      const { end } = rows;
      const slot = visited.slotOf(words);
      if (visited.idAt(slot) < 0) {
        visited.insert(slot, words);
        origins.push(firstId + rows.parent, rows.ordinal);
        frontier.pushBytes(writer, outcome.bytes, from, end);
        fresh[rows.action] = (fresh[rows.action] ?? 0) + 1;
        for (let bit = 0; bit < bits.count; bit += 1) if (rows.has(bit)) times[bit] = (times[bit] ?? 0) + 1;
        kept += 1;
      }
      from = end;
    }
    judge.add(askedOf(bits, kept + outcome.outside.count, times), level + 1);
    expander.add({
      generated: outcome.generated, expanded: count, depth: kept > 0 ? level + 1 : 0,
      actions: actions.map((name, index) => {
        const fired = outcome.fired[index] ?? 0;
        return { name, fired, fresh: fresh[index] ?? 0, firstDepth: fired > 0 ? level : null };
      }),
    });
  }

  async function expandHere(expander: Expander<State>, { firstId, pieces }: Handed, level: number): Promise<void> {
    const reader = new ByteReader();
    let id = firstId;
    for (const { writer, bytes, count } of pieces) {
      reader.reset(bytes, 0);
      for (let index = 0; index < count; index += 1) {
        if (expander.finding !== null || expander.bound !== null) return;
        await expander.expand(id++, codecOf(writer).read(reader), level);
      }
    }
  }

  function fits(outcome: Outcome): boolean {
    return visited.size + new CandidateRows(outcome.rows, settings.fingerprintBits, bits.words).count <= settings.maxStates;
  }

  return {
    beginLevel: () => { frontier.seal(); },
    isWorthIt: (states) => states >= WORTH_IT,
    async expandLevel(level) {
      const { expander, count } = level;
      const about = Math.min(MOST_STATES, Math.max(LEAST_STATES, Math.ceil(count / (threads.count * TASKS_PER_THREAD))));
      const waiting: Handed[] = [];
      let handed = 0;
      let done = 0;
      while (done < count) {
        while (waiting.length < threads.count * AHEAD && handed < count) {
          const one = hand(level.level, level.firstId + handed, count - handed, about);
          handed += one.count;
          waiting.push(one);
        }
        const next = waiting.shift();
        if (next === undefined) break;
        const answer = await next.answer;
        if (answer.kind === "done" && fits(answer.outcome)) merge(answer, next, level);
        else await expandHere(expander, next, level.level);
        done += next.count;
        if (expander.finding !== null || expander.bound !== null) break;
        // What is whole is whole: after the last of a level there may be nothing left to stop.
        if (done < count && level.stop()) break;
        if (answer.kind === "found") return { count: done, lost: unseen(answer, next) };
      }
      return { count: done, lost: null };
    },
  };
}

/** What only a thread saw: the subject did not do the same there and here. */
function unseen({ property, reason }: Extract<Answer, { kind: "found" }>, { firstId }: Handed): Finding {
  return {
    verdict: "nondeterministic", property,
    reason: `${reason}, in a worker thread; and not when the same states were expanded again; take no clock, randomness, counter or outer variable into it`,
    place: { id: firstId, ordinal: null },
  };
}
