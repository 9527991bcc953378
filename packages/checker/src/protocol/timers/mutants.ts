// Timers with one rule of the store broken on purpose; each must be found.
import { SHIPPING, leasesOf, type Rules } from "../rules.ts";
import { TIMER_ENGINE, type TimerEngine } from "./moves.ts";

function broken(rules: Partial<Rules>): TimerEngine {
  return { ...TIMER_ENGINE, rules: { ...SHIPPING, ...rules } };
}

export const TIMER_MUTANTS = {
  "a commit's fence is not looked at": broken({
    commit: (memory, work) => {
      const leases = leasesOf(memory.state);
      const fences = work.fences.map((fence) => ({ ...fence, epoch: leases[fence.partition]?.epoch ?? 0 }));
      const owners = work.fences.flatMap(({ partition }) => leases[partition] ?? []);
      const before = owners.map(({ worker }) => worker);
      for (const lease of owners) lease.worker = work.worker;
      const result = SHIPPING.commit(memory, { ...work, fences });
      owners.forEach((lease, index) => { lease.worker = before[index] ?? null; });
      return result;
    },
  }),
  "a fired timer's row stays": broken({
    commit: (memory, work) => {
      const { timers } = memory.state;
      const rows = new Map(timers);
      const result = SHIPPING.commit(memory, work);
      for (const [id, row] of rows) timers.set(id, row);
      return result;
    },
  }),
  "a timer fires though its row is gone": broken({
    commit: (memory, work) => {
      const gone = work.firedTimers.filter(({ id }) => !memory.state.timers.has(id)).map(({ message }) => message);
      return SHIPPING.commit(memory, { ...work, messages: [...work.messages, ...gone] });
    },
  }),
  "cancelling leaves the row": broken({ cancelTimer: () => undefined }),
  "a timer that is set anew keeps its number": broken({
    putTimer: (memory, timer) => {
      const { timers, timerNames } = memory.state;
      const [name, before] = [...timerNames].find(([, id]) => timers.get(id)?.name === timer.name) ?? [];
      SHIPPING.putTimer(memory, timer);
      if (name === undefined || before === undefined) return;
      const now = timerNames.get(name);
      const row = now === undefined ? undefined : timers.get(now);
      if (now === undefined || row === undefined) return;
      timers.delete(now);
      timers.set(before, { ...row, id: before });
      timerNames.set(name, before);
    },
  }),
} as const satisfies Record<string, TimerEngine>;
