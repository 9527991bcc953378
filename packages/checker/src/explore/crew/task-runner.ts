// Runs tasks in a thread: expands their states as a search in one thread does, and hands over what may be new instead of keeping it. It ends a
// task at the first thing that would end the search; what that is, the thread that decides sees for itself.
import type { StateCodec, Subject } from "../../space.ts";
import { ByteReader } from "../../state/bytes.ts";
import { expanderOf } from "../expander.ts";
import type { Finding } from "../finding.ts";
import { judgeOf } from "../judge.ts";
import type { Settings } from "../options.ts";
import { askedBits } from "./asked-bits.ts";
import { Candidates } from "./candidates.ts";
import type { Outcome, Task } from "./messages.ts";
import { TableView } from "./table-view.ts";

/** The id of a state that is stored, or will be by the time it matters: anything that is no id of a state being expanded. */
const SOME_ID = Number.MAX_SAFE_INTEGER;

interface TaskRunner {
  run(task: Task): Promise<{ readonly outcome: Outcome } | { readonly finding: Finding }>;
}

/** @param codecOf the codec that reads what a writer wrote; @param own the codec that writes here. */
export function taskRunner<State>(
  subject: Subject<State>, settings: Settings, own: StateCodec<State>, codecOf: (writer: number) => StateCodec<State>,
): TaskRunner {
  const { invariants, witnesses } = subject.properties;
  const bits = askedBits(subject.properties);
  const candidates = new Candidates(own, settings.fingerprintBits, bits.words);
  const table = new TableView(settings.fingerprintBits);
  const plain = judgeOf(subject.properties);
  const shown = witnesses.map(() => false);
  const reader = new ByteReader();
  let asking = "";
  let isKept = false;
  let firstId = 0;
  let outside = { count: 0, bits: bits.invariants.map(() => 0) };

  function mark(bit: number): void {
    if (isKept) candidates.mark(bit);
    else outside.bits[bit] = (outside.bits[bit] ?? 0) + 1;
  }

  const judge = {
    get asking() { return asking === "" ? plain.asking : asking; },
    state(state: State): string | null {
      for (const [index, { name, holds }] of witnesses.entries()) {
        if (shown[index] === true) continue;
        asking = `sometimes "${name}"`;
        if (!holds(state)) continue;
        shown[index] = true;
        mark(bits.witnesses[index] ?? 0);
      }
      for (const [index, { name, when, holds }] of invariants.entries()) {
        asking = name;
        if (when !== undefined) {
          if (!when(state)) continue;
          mark(bits.invariants[index] ?? 0);
        }
        if (!holds(state)) return name;
      }
      if (!isKept) outside.count += 1;
      isKept = false;
      return null;
    },
    step(before: State, after: State, action: string): string | null {
      asking = "";
      return plain.step(before, after, action);
    },
  };

  return {
    async run(task) {
      table.use(task.table);
      firstId = task.firstId;
      isKept = false;
      outside = { count: 0, bits: Array.from({ length: bits.count }, () => 0) };
      candidates.take();
      const expander = expanderOf<State>({
        subject, settings, judge, recorder: null,
        store: {
          find(words) {
            const known = table.idOf(words);
            return known < 0 && candidates.has(words) ? SOME_ID : known;
          },
          keep(state, words, parent, ordinal, action) {
            candidates.add(state, words, (parent ?? firstId) - firstId, ordinal, action);
            isKept = true;
            return SOME_ID;
          },
        },
      });
      let id = firstId;
      for (const { writer, bytes, count } of task.pieces) {
        const codec = codecOf(writer);
        reader.reset(bytes, 0);
        for (let index = 0; index < count; index += 1) {
          const pending = expander.expand(id++, codec.read(reader), task.level);
          if (pending !== null) await pending;
          if (expander.finding !== null) return { finding: expander.finding };
        }
      }
      const { generated, actions } = expander.counts();
      return { outcome: { generated, fired: actions.map(({ fired }) => fired), ...candidates.take(), outside } };
    },
  };
}
