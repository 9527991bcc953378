// Makes trouble while orders run, from a seed: provider faults switched on and off, workers killed and replaced. It stops when told,
// and leaves the provider as it found it.
import { seededRandom } from "../data/seededRandom.ts";
import type { FaultSwitches } from "../provider/contract.ts";
import type { Provider } from "../provider/start.ts";
import type { Workers } from "./workers.ts";

interface Chaos {
  readonly kills: number;
  readonly faults: number;
  /** Ends the trouble; resolves once the provider is well and all workers are there. */
  stop(): Promise<void>;
}

const TROUBLES: readonly FaultSwitches[] = [
  { error500: 0.3 },
  { dropAfterCharging: 0.3 },
  { dropBeforeCharging: 0.3 },
  { hang: 0.05 },
  { delayMs: 150 },
  { down: true },
  { error500: 0.1, dropAfterCharging: 0.1, dropBeforeCharging: 0.1 },
];

interface ChaosOptions {
  readonly seed: number;
  readonly provider: Provider;
  readonly workers: Workers | null;
  /** Switches that stay on throughout. */
  readonly always: FaultSwitches;
  say(text: string): void;
}

export function startChaos({ seed, provider, workers, always, say }: ChaosOptions): Chaos {
  const random = seededRandom(seed);
  const count = { kills: 0, faults: 0 };
  const stopped = new AbortController();
  const isStopped = (): boolean => stopped.signal.aborted;
  let wake: () => void = () => undefined;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

  async function run(): Promise<void> {
    for (let round = 0; !isStopped(); round += 1) {
      const trouble = TROUBLES[random.below(TROUBLES.length)] ?? {};
      await provider.setFaults({ ...always, ...trouble });
      count.faults += 1;
      say(`chaos: the provider has ${JSON.stringify(trouble)}`);
      await pause(300 + random.below(700));
      await provider.setFaults(always);
      if (!isStopped() && workers !== null && round % 2 === 1) {
        const victim = random.below(workers.count);
        say(`chaos: worker ${victim} is killed`);
        count.kills += 1;
        await workers.replace(victim);
      }
      if (!isStopped()) await pause(200 + random.below(500));
    }
  }

  const done = run();
  done.catch(() => undefined); // told by `stop`
  return {
    get kills() { return count.kills; },
    get faults() { return count.faults; },
    async stop() {
      stopped.abort();
      wake();
      await done;
      await provider.setFaults(always);
    },
  };
}
