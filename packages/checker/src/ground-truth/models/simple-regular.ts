// Processes that each write one register and read a neighbour's, where a read during a write may see either value. After
// specifications/TeachingConcurrency/SimpleRegular.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { range } from "../persistent.ts";

/** What a read of a register may give: bit 0 for the value 0, bit 1 for the value 1. */
const OLD = 1;
const EITHER = 3;
const NEW = 2;

/** Where a process is. */
const WRITE = 0;
const WRITTEN = 1;
const READ = 2;
const DONE = 3;

interface State {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly pc: readonly number[];
}

export function simpleRegular({ processes }: { readonly processes: number }) {
  const all = range(0, processes - 1);
  const put = (items: readonly number[], index: number, item: number) => {
    const copy = items.slice();
    copy[index] = item;
    return copy;
  };
  const start: State = { x: all.map(() => OLD), y: all.map(() => 0), pc: all.map(() => WRITE) };
  const allDone = (s: State) => s.pc.every((at) => at === DONE);
  return model({
    name: "simple algorithm with regular registers",
    init: [start],
    actions: {
      beginWrite: (s, next) => {
        for (const p of all) if (s.pc[p] === WRITE) next({ x: put(s.x, p, EITHER), y: s.y, pc: put(s.pc, p, WRITTEN) }, p);
      },
      endWrite: (s, next) => {
        for (const p of all) if (s.pc[p] === WRITTEN) next({ x: put(s.x, p, NEW), y: s.y, pc: put(s.pc, p, READ) }, p);
      },
      read: (s, next) => {
        for (const p of all) {
          if (s.pc[p] !== READ) continue;
          const neighbour = s.x[p === 0 ? processes - 1 : p - 1] ?? OLD;
          const pc = put(s.pc, p, DONE);
          if ((neighbour & OLD) !== 0) next({ x: s.x, y: put(s.y, p, 0), pc }, p);
          if ((neighbour & NEW) !== 0) next({ x: s.x, y: put(s.y, p, 1), pc }, p);
        }
      },
      rest: (s, next) => {
        if (allDone(s)) next(s);
      },
    },
    invariants: {
      "at the end somebody has read a one": { when: allDone, then: (s) => s.y.includes(1) },
      "who has written is seen": (s) => s.pc.every((at, p) => at < READ || s.x[p] === NEW),
    },
  });
}
