// Values cross two queues that lose messages, marked by one bit; and the same with nothing between. After
// specifications/SpecifyingSystems/TLC/AlternatingBit.tla, MCAlternatingBit.tla and ABCorrectness.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at } from "../persistent.ts";

type Bit = 0 | 1;

interface Ends {
  readonly sendBit: Bit;
  readonly acknowledged: Bit;
  readonly receiveBit: Bit;
  readonly sent: string;
  readonly received: string;
}

interface State extends Ends {
  readonly messages: readonly { readonly bit: Bit; readonly value: string }[];
  readonly acks: readonly Bit[];
}

const flip = (bit: Bit): Bit => (bit === 0 ? 1 : 0);
const starts = (data: readonly string[]) => ([0, 1] as const).flatMap((bit) => data.flatMap((sent) => data.map((received): Ends =>
  ({ sendBit: bit, acknowledged: bit, receiveBit: bit, sent, received }))));

const arrived = { when: (s: Ends) => s.receiveBit === s.sendBit && s.acknowledged !== s.sendBit, then: (s: Ends) => s.received === s.sent };

/** What the protocol is to do. */
export function alternatingBitAbstract({ data }: { readonly data: readonly string[] }) {
  return model({
    name: "alternating bit, abstract",
    init: starts(data),
    actions: {
      send: (s, next) => {
        if (s.acknowledged === s.sendBit) for (const value of data) next({ ...s, sent: value, sendBit: flip(s.sendBit) }, value);
      },
      receive: (s, next) => {
        if (s.receiveBit !== s.sendBit) next({ ...s, receiveBit: s.sendBit, received: s.sent });
      },
      acknowledge: (s, next) => {
        if (s.receiveBit !== s.acknowledged) next({ ...s, acknowledged: s.receiveBit });
      },
    },
    invariants: { "what is about to be acknowledged was received": arrived },
  });
}

interface Constants {
  readonly data: readonly string[];
  readonly maxQueue: number;
  /** Whether to ask that what is sent arrives, what can be received again and again being received, or only what can be for ever. */
  readonly endless?: "strong" | "weak";
}

export function alternatingBit({ data, maxQueue, endless }: Constants) {
  const arrives = Object.fromEntries(data.map((value) => [
    `${value} arrives`,
    { from: (s: State) => s.sent === value && s.sendBit !== s.acknowledged, to: (s: State) => s.received === value },
  ]));
  const receiving = ["receive", "receiveAck"] as const;
  return model({
    name: "alternating bit",
    init: () => starts(data).map((ends): State => ({ ...ends, messages: [], acks: [] })),
    actions: {
      send: (s, next) => {
        if (s.acknowledged !== s.sendBit) return;
        const bit = flip(s.sendBit);
        for (const value of data) next({ ...s, sent: value, sendBit: bit, messages: [...s.messages, { bit, value }] }, value);
      },
      sendAgain: (s, next) => {
        if (s.acknowledged !== s.sendBit) next({ ...s, messages: [...s.messages, { bit: s.sendBit, value: s.sent }] });
      },
      receive: (s, next) => {
        if (s.messages.length === 0) return;
        const { bit, value } = at(s.messages, 0);
        next({ ...s, receiveBit: bit, received: value, messages: s.messages.slice(1) });
      },
      acknowledge: (s, next) => next({ ...s, acks: [...s.acks, s.receiveBit] }),
      receiveAck: (s, next) => {
        if (s.acks.length > 0) next({ ...s, acknowledged: at(s.acks, 0), acks: s.acks.slice(1) });
      },
      lose: (s, next) => {
        s.messages.forEach((_, i) => next({ ...s, messages: s.messages.toSpliced(i, 1) }, "message"));
        s.acks.forEach((_, i) => next({ ...s, acks: s.acks.toSpliced(i, 1) }, "ack"));
      },
    },
    invariants: { "what is about to be acknowledged was received": arrived },
    steps: {
      // The refinement: what the ends do, the abstract protocol can do, or it does not see it.
      "the ends do what they may": (before, after) =>
        (before.sendBit === after.sendBit || before.acknowledged === before.sendBit) &&
        (before.receiveBit === after.receiveBit || (after.receiveBit === before.sendBit && after.received === before.sent)),
    },
    ...(endless === undefined ? {} : { leadsTo: arrives }),
    fairness: { weak: ["sendAgain", "acknowledge", ...(endless === "weak" ? receiving : [])], strong: endless === "strong" ? receiving : [] },
    constraint: (s) => s.messages.length <= maxQueue && s.acks.length <= maxQueue,
  });
}
