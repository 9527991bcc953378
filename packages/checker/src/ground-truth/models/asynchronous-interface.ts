// One value at a time between two sides by a handshake of two bits, in three variables. After
// specifications/SpecifyingSystems/AsynchronousInterface/AsynchInterface.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";

interface State {
  readonly value: string;
  readonly ready: 0 | 1;
  readonly acknowledged: 0 | 1;
}

const flip = (bit: 0 | 1) => (bit === 0 ? 1 : 0);

export function asynchronousInterface({ data }: { readonly data: readonly string[] }) {
  return model({
    name: "asynchronous interface",
    init: function* (): Iterable<State> {
      for (const value of data) for (const bit of [0, 1] as const) yield { value, ready: bit, acknowledged: bit };
    },
    actions: {
      send: (s, next) => {
        if (s.ready === s.acknowledged) for (const value of data) next({ ...s, value, ready: flip(s.ready) }, value);
      },
      receive: (s, next) => {
        if (s.ready !== s.acknowledged) next({ ...s, acknowledged: flip(s.acknowledged) });
      },
    },
    invariants: { "a value is one of the data": (s) => data.includes(s.value) },
  });
}
