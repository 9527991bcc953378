// A queue between two handshaking channels. After specifications/SpecifyingSystems/FIFO/InnerFIFO.tla and MCInnerFIFO.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at } from "../persistent.ts";

interface Channel {
  readonly value: string;
  readonly ready: boolean;
  readonly acknowledged: boolean;
}

interface State {
  readonly inward: Channel;
  readonly queue: readonly string[];
  readonly outward: Channel;
}

const idle = (channel: Channel) => channel.ready === channel.acknowledged;
const sent = (channel: Channel, value: string): Channel => ({ ...channel, value, ready: !channel.ready });
const received = (channel: Channel): Channel => ({ ...channel, acknowledged: !channel.acknowledged });

export function bufferedChannel({ messages, maxQueue }: { readonly messages: readonly string[]; readonly maxQueue: number }) {
  const channels = messages.flatMap((value) => [false, true].map((bit): Channel => ({ value, ready: bit, acknowledged: bit })));
  return model({
    name: "buffered channel",
    init: () => channels.flatMap((inward) => channels.map((outward): State => ({ inward, queue: [], outward }))),
    actions: {
      send: (s, next) => {
        if (idle(s.inward)) for (const message of messages) next({ ...s, inward: sent(s.inward, message) }, message);
      },
      take: (s, next) => {
        if (!idle(s.inward)) next({ ...s, inward: received(s.inward), queue: [...s.queue, s.inward.value] });
      },
      give: (s, next) => {
        if (s.queue.length > 0 && idle(s.outward)) next({ ...s, outward: sent(s.outward, at(s.queue, 0)), queue: s.queue.slice(1) });
      },
      receive: (s, next) => {
        if (!idle(s.outward)) next({ ...s, outward: received(s.outward) });
      },
    },
    invariants: { "nothing but messages": (s) => [s.inward.value, ...s.queue, s.outward.value].every((value) => messages.includes(value)) },
    constraint: (s) => s.queue.length <= maxQueue,
  });
}
