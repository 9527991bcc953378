// The call alone, without any policy: what the loop and the clock of the question cost.
import type { Contestant } from "../../harness/contract.ts";

const contestant: Contestant = {
  name: "no-policy",
  policy: {
    traits: {
      version: "none", settings: "the function, called and awaited", validation: false, perMessageFailure: true,
      guarantee: "none: a call may hang, pile up or be repeated without bound",
    },
    settleMs: 200,
    async open(fn) {
      const { signal } = new AbortController();
      return { call: () => fn(() => signal), close: () => undefined };
    },
  },
};
export default contestant;
