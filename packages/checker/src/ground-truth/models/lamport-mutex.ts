// Lamport's distributed mutual exclusion with logical clocks and channels that keep their order. After
// specifications/lamport_mutex/LamportMutex.tla and MCLamportMutex of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { range } from "../persistent.ts";

/** A request is its clock (1 and more); the others carry nothing. */
type Message = number;
type Channel = readonly Message[];
const ACK: Message = 0;
const RELEASE: Message = -1;
const NONE: Channel = [];

/** Pairs are flat: what process `p` has of process `q` is at `p * processes + q`. Sets of processes are bits. */
interface State {
  readonly clock: readonly number[];
  /** The clock of q's request as p knows it; 0: none. */
  readonly request: readonly number[];
  readonly acks: readonly number[];
  /** Messages from p to q. */
  readonly network: readonly Channel[];
  readonly critical: number;
}

interface Constants {
  readonly processes: number;
  readonly maxClock: number;
}

export function lamportMutex({ processes, maxClock }: Constants) {
  const all = range(0, processes - 1);
  const everyone = 2 ** processes - 1;
  const put = <T>(items: readonly T[], index: number, item: T): T[] => {
    const copy = items.slice();
    copy[index] = item;
    return copy;
  };
  const channel = (s: State, from: number, to: number): Channel => s.network[from * processes + to] ?? NONE;
  const rest = (queue: Channel): Channel => (queue.length === 1 ? NONE : queue.slice(1));
  const received = (s: State, from: number, to: number) => put(s.network, from * processes + to, rest(channel(s, from, to)));
  const broadcast = (s: State, from: number, message: Message) => {
    const network = s.network.slice();
    for (const to of all) if (to !== from) network[from * processes + to] = [...channel(s, from, to), message];
    return network;
  };
  const clockOf = (s: State, p: number) => s.clock[p] ?? 0;
  const own = (s: State, p: number) => s.request[p * processes + p] ?? 0;
  /** Whether p believes that its request comes before q's; the process's number decides a tie. */
  const beats = (s: State, p: number, q: number) => {
    const other = s.request[p * processes + q] ?? 0;
    return other === 0 || own(s, p) < other || (own(s, p) === other && p < q);
  };
  const start: State = {
    clock: all.map(() => 1),
    request: Array.from({ length: processes * processes }, () => 0),
    acks: all.map(() => 0),
    network: Array.from({ length: processes * processes }, () => NONE),
    critical: 0,
  };
  return model({
    name: "Lamport's mutual exclusion",
    init: [start],
    actions: {
      request: (s, next) => {
        for (const p of all) {
          if (own(s, p) !== 0) continue;
          const clock = clockOf(s, p);
          const request = put(s.request, p * processes + p, clock);
          next({ clock: s.clock, request, acks: put(s.acks, p, 1 << p), network: broadcast(s, p, clock), critical: s.critical }, p);
        }
      },
      enter: (s, next) => {
        for (const p of all) {
          if (s.acks[p] !== everyone || !all.every((q) => q === p || beats(s, p, q))) continue;
          next({ clock: s.clock, request: s.request, acks: s.acks, network: s.network, critical: s.critical | (1 << p) }, p);
        }
      },
      exit: (s, next) => {
        for (const p of all) {
          if ((s.critical & (1 << p)) === 0) continue;
          const request = put(s.request, p * processes + p, 0);
          const network = broadcast(s, p, RELEASE);
          next({ clock: s.clock, request, acks: put(s.acks, p, 0), network, critical: s.critical & ~(1 << p) }, p);
        }
      },
      receive: (s, next) => {
        for (const p of all) {
          for (const q of all) {
            const message = channel(s, q, p)[0];
            if (message === undefined) continue;
            const network = received(s, q, p);
            if (message === ACK) {
              next({ clock: s.clock, request: s.request, acks: put(s.acks, p, (s.acks[p] ?? 0) | (1 << q)), network, critical: s.critical }, p);
            } else if (message === RELEASE) {
              next({ clock: s.clock, request: put(s.request, p * processes + q, 0), acks: s.acks, network, critical: s.critical }, p);
            } else {
              network[p * processes + q] = [...channel(s, p, q), ACK];
              const clock = put(s.clock, p, Math.max(message, clockOf(s, p)) + 1);
              next({ clock, request: put(s.request, p * processes + q, message), acks: s.acks, network, critical: s.critical }, p);
            }
          }
        }
      },
    },
    invariants: {
      "one at a time": (s) => (s.critical & (s.critical - 1)) === 0,
      "a channel holds three at most": (s) => s.network.every((queue) => queue.length <= 3),
    },
    constraint: (s) => s.clock.every((clock) => clock <= maxClock),
  });
}
