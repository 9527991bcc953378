// The same handshake as a record in a record. After specifications/SpecifyingSystems/AsynchronousInterface/Channel.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";

interface State {
  readonly channel: { readonly value: string; readonly bits: { readonly ready: boolean; readonly acknowledged: boolean } };
}

export function channel({ data }: { readonly data: readonly string[] }) {
  const state = (value: string, ready: boolean, acknowledged: boolean): State => ({ channel: { value, bits: { ready, acknowledged } } });
  return model({
    name: "channel",
    init: () => data.flatMap((value) => [state(value, false, false), state(value, true, true)]),
    actions: {
      send: ({ channel: { bits } }, next) => {
        if (bits.ready === bits.acknowledged) for (const value of data) next(state(value, !bits.ready, bits.acknowledged), value);
      },
      receive: ({ channel: { value, bits } }, next) => {
        if (bits.ready !== bits.acknowledged) next(state(value, bits.ready, !bits.acknowledged));
      },
    },
    invariants: { "a value is one of the data": (s) => data.includes(s.channel.value) },
  });
}
