// Ports whose calls have names while they are under way. It follows what the application's own code returned, not what the runner waits for:
// a port that ignores its signal goes on after everybody has given it up, and that is what an operator must see.
import type { CallRequest, ProvidedOperation, ProvidedPort } from "../decide/port.ts";
import type { Waits } from "../spi/waits.ts";
import { callPolicy } from "./call-policy.ts";

/** A call that has used so much of its timeout will most likely run into it. */
const NEARLY = 0.8;

/** @param generalMs a call is never reported before this. */
export function watchedPorts(ports: readonly ProvidedPort[], waits: Waits, generalMs: number): ProvidedPort[] {
  return ports.map(({ port, implementation }) => ({
    port,
    implementation: Object.fromEntries(Object.entries(implementation).map(([name, provided]) => {
      const operation = port[name];
      if (operation === undefined) return [name, provided];
      const limitMs = Math.max(generalMs, callPolicy(operation.spec).timeoutMs * NEARLY);
      const watch = (run: ProvidedOperation["perform"], of: string): ProvidedOperation["perform"] => (request: CallRequest<never>) =>
        // Without types a port may return anything.
        waits.during("call", of, Promise.resolve(run(request)), {
          limitMs, detail: () => detailOf(request), isGivenUp: () => request.signal.aborted,
        });
      const perform = watch(provided.perform, operation.name);
      return [name, provided.ask === undefined ? { perform } : { perform, ask: watch(provided.ask, `${operation.name}, asked about`) }];
    })),
  }));
}

function detailOf({ key, tenant, attempt, signal }: CallRequest<never>): string {
  return `key ${key} of tenant ${tenant}, attempt ${String(attempt)}${signal.aborted ? ", ignores its signal" : ""}`;
}
