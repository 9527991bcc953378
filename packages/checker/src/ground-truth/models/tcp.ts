// Two peers open, reset and close a TCP connection. After specifications/tcp/tcp.tla and MCtcp.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";

type Status =
  | "LISTEN" | "CLOSED" | "SYN-SENT" | "SYN-RECEIVED" | "ESTABLISHED" | "FIN-WAIT-1" | "FIN-WAIT-2"
  | "CLOSING" | "CLOSE-WAIT" | "LAST-ACK" | "TIME-WAIT";
type Segment = "SYN" | "SYN,ACK" | "ACK" | "RST" | "FIN" | "ACKofFIN";

interface Peer {
  readonly status: Status;
  /** Whether there is a control block. */
  readonly block: boolean;
  /** Segments on their way to this peer. */
  readonly inbox: readonly Segment[];
}

type State = readonly [Peer, Peer];
type Next = (state: State, detail?: unknown) => void;

interface Rule {
  readonly from: Status;
  readonly to: Status;
  /** What arrives, in order; nothing for the user's commands. */
  readonly takes?: readonly Segment[];
  readonly sends?: Segment;
  readonly block?: boolean;
  readonly needsBlock?: boolean;
}

const segments: readonly Rule[] = [
  { from: "SYN-SENT", takes: ["SYN"], sends: "SYN,ACK", to: "SYN-RECEIVED" },
  { from: "SYN-SENT", takes: ["SYN,ACK"], sends: "ACK", to: "ESTABLISHED" },
  { from: "SYN-RECEIVED", takes: ["RST"], to: "LISTEN" },
  { from: "SYN-RECEIVED", takes: ["ACK"], to: "ESTABLISHED" },
  { from: "LISTEN", takes: ["SYN"], sends: "SYN,ACK", to: "SYN-RECEIVED" },
  { from: "ESTABLISHED", takes: ["FIN"], sends: "ACKofFIN", to: "CLOSE-WAIT" },
  { from: "FIN-WAIT-1", takes: ["FIN"], sends: "ACKofFIN", to: "CLOSING" },
  { from: "FIN-WAIT-1", takes: ["ACKofFIN"], to: "FIN-WAIT-2" },
  { from: "FIN-WAIT-1", takes: ["FIN", "ACKofFIN"], sends: "ACKofFIN", to: "TIME-WAIT" },
  { from: "FIN-WAIT-2", takes: ["FIN"], sends: "ACKofFIN", to: "TIME-WAIT" },
  { from: "CLOSING", takes: ["ACKofFIN"], to: "TIME-WAIT" },
  { from: "LAST-ACK", takes: ["ACKofFIN"], to: "CLOSED" },
];
const timeouts: readonly Rule[] = [{ from: "TIME-WAIT", to: "CLOSED", block: false, needsBlock: true }];
const opens: readonly Rule[] = [
  { from: "CLOSED", to: "LISTEN", block: true },
  { from: "CLOSED", sends: "SYN", to: "SYN-SENT", block: true },
  { from: "LISTEN", sends: "SYN", to: "SYN-SENT" },
];
const closes: readonly Rule[] = [
  { from: "SYN-SENT", to: "CLOSED", block: false },
  { from: "SYN-RECEIVED", sends: "FIN", to: "FIN-WAIT-1" },
  { from: "LISTEN", to: "CLOSED", block: false },
  { from: "ESTABLISHED", sends: "FIN", to: "FIN-WAIT-1" },
  { from: "CLOSE-WAIT", sends: "FIN", to: "LAST-ACK" },
];

function apply(rules: readonly Rule[], state: State, next: Next): void {
  for (const side of [0, 1] as const) {
    const [local, remote] = side === 0 ? state : [state[1], state[0]];
    for (const { from, takes = [], sends, to, block = local.block, needsBlock = false } of rules) {
      if (local.status !== from || (needsBlock && !local.block) || takes.some((segment, i) => local.inbox[i] !== segment)) continue;
      const after: Peer = { status: to, block, inbox: local.inbox.slice(takes.length) };
      const other: Peer = sends === undefined ? remote : { ...remote, inbox: [...remote.inbox, sends] };
      next(side === 0 ? [after, other] : [other, after], { side, from, to });
    }
  }
}

const anyStatus: readonly Status[] = [...new Set([...segments, ...opens, ...closes].flatMap(({ from, to }) => [from, to]))];

export function tcp() {
  const waiting: Peer = { status: "LISTEN", block: true, inbox: ["SYN"] };
  const asking: Peer = { status: "SYN-SENT", block: true, inbox: [] };
  const begin: readonly State[] = [[waiting, asking], [asking, waiting]];
  const resets = anyStatus.flatMap((from): Rule[] => [
    { from, takes: ["RST"], to: "LISTEN" },
    { from, takes: ["RST"], to: "CLOSED" },
  ]);
  return model({
    name: "TCP",
    init: begin,
    actions: {
      segment: (s, next) => apply(segments, s, next),
      timeout: (s, next) => apply(timeouts, s, next),
      reset: (s, next) => {
        apply(resets, s, next);
        for (const side of [0, 1] as const) {
          const [local, remote] = side === 0 ? s : [s[1], s[0]];
          if (!local.block) continue;
          const after: Peer = { ...local, status: "TIME-WAIT" };
          const other: Peer = { ...remote, inbox: [...remote.inbox, "RST"] };
          next(side === 0 ? [after, other] : [other, after], { side, sends: "RST" });
        }
      },
      open: (s, next) => apply(opens, s, next),
      close: (s, next) => apply(closes, s, next),
    },
    invariants: {
      "with nothing on its way, both are connected or none is": {
        when: ([a, b]) => a.inbox.length + b.inbox.length === 0,
        then: ([a, b]) => (a.status === "ESTABLISHED") === (b.status === "ESTABLISHED"),
      },
    },
    constraint: (s) => s.every(({ inbox }) => inbox.every((segment, i) => segment !== inbox[i + 1])),
    stepConstraint: (before, after) => !isOpen(before, after),
  });
}

/** Whether the step could be one that opens a connection: only the one that the model begins with is looked at. */
function isOpen(before: State, after: State): boolean {
  const text = JSON.stringify(after);
  let found = false;
  apply(opens, before, (to) => {
    found ||= JSON.stringify(to) === text;
  });
  return found;
}
