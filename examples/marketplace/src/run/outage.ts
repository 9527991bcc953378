// An outage of the payment provider while orders run: of what kind, how long, and when it began and ended. It leaves the provider as it found
// it, and refuses to measure anything.
import type { FaultSwitches } from "../provider/contract.ts";
import type { Provider } from "../provider/start.ts";
import { MarketplaceError } from "./marketplaceError.ts";

const OUTAGE_KINDS = ["down", "refuse", "hang", "drop", "500", "decline"] as const;

export interface OutagePlan {
  readonly kind: (typeof OUTAGE_KINDS)[number];
  readonly seconds: number;
}

/** In milliseconds since 1970. */
export interface OutageTimes {
  /** From here on the load before it counts as normal. */
  readonly normalFrom: number;
  readonly from: number;
  readonly until: number;
}

interface Outage {
  /** Resolves when the provider has returned. */
  readonly over: Promise<OutageTimes>;
  /** Ends it early. */
  stop(): Promise<void>;
}

const DEFAULT_SECONDS = 10;
const MOST_SECONDS = 600;
/** The first orders of a run are not its normal load: nothing is compiled yet. */
const WARM_UP_S = 4;
/** The normal load is looked at for as long as the outage, within these bounds. */
const NORMAL_S = { least: 5, most: 60 };
/** Orders go on for so long after the provider's return. */
const AFTER_S = 4;

const FAULTS: Readonly<Record<OutagePlan["kind"], FaultSwitches>> = {
  down: { down: true },
  refuse: {}, // by its time, see below
  hang: { hang: 1, questions: true },
  drop: { dropAfterCharging: 1, questions: true },
  500: { error500: 1, questions: true },
  decline: { decline: 1 },
};

/** @example parseOutage("down:60") // { kind: "down", seconds: 60 } */
export function parseOutage(text: string): OutagePlan {
  const [word, length = String(DEFAULT_SECONDS), ...more] = text.split(":");
  const kind = OUTAGE_KINDS.find((one) => one === word);
  const seconds = /^\d{1,4}$/.test(length) ? Number(length) : 0;
  if (kind === undefined || more.length > 0 || seconds < 1 || seconds > MOST_SECONDS) {
    const wanted = `one of ${OUTAGE_KINDS.join(", ")}, with its length in seconds from 1 to ${MOST_SECONDS}, as in down:60`;
    throw new MarketplaceError("OPTION_INVALID", `--outage ${text} is no outage: write ${wanted}.`);
  }
  return { kind, seconds };
}

const normalSeconds = ({ seconds }: OutagePlan): number => Math.min(NORMAL_S.most, Math.max(NORMAL_S.least, seconds));

/** Over how many seconds the orders are to be spread, so that they meet all of it. */
export function secondsOf(plan: OutagePlan): number {
  return WARM_UP_S + normalSeconds(plan) + plan.seconds + AFTER_S;
}

interface OutageOptions {
  readonly plan: OutagePlan;
  readonly provider: Provider;
  /** Switches that stay on throughout. */
  readonly always: FaultSwitches;
  say(text: string): void;
}

/** Begins with the orders. */
export function startOutage({ plan, provider, always, say }: OutageOptions): Outage {
  const stopped = new AbortController();
  let wake: () => void = () => undefined;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => {
    if (stopped.signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

  async function run(): Promise<OutageTimes> {
    const normalFrom = Date.now() + WARM_UP_S * 1_000;
    await pause((WARM_UP_S + normalSeconds(plan)) * 1_000);
    say(`outage: the provider ${WORDS[plan.kind]} for ${plan.seconds} s`);
    const from = Date.now();
    const refuseForMs = plan.kind === "refuse" ? plan.seconds * 1_000 : 0;
    await provider.setFaults({ ...always, ...FAULTS[plan.kind], refuseForMs });
    await pause(plan.seconds * 1_000);
    await restore();
    const until = Date.now();
    say("outage: the provider is back");
    return { normalFrom, from, until };
  }

  /** While nobody listens, nobody hears of it either. */
  async function restore(): Promise<void> {
    const deadline = performance.now() + (plan.seconds + 10) * 1_000;
    for (;;) {
      try {
        await provider.setFaults(always);
        return;
      } catch (error) {
        if (plan.kind !== "refuse" || performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  const over = run();
  over.catch(() => undefined); // told to whoever waits for it
  return {
    over,
    async stop() {
      stopped.abort();
      wake();
      await over.catch(() => undefined);
    },
  };
}

const WORDS: Readonly<Record<OutagePlan["kind"], string>> = {
  down: "answers 503",
  refuse: "listens to nobody",
  hang: "accepts and never answers",
  drop: "performs and loses the connection",
  500: "answers 500, having performed half of it",
  decline: "declines every card",
};
