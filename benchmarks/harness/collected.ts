// Memory of this process after full collections.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collected several times: what hangs on a signal is let go only after a first collection has found it unused. */
export async function collected(): Promise<NodeJS.MemoryUsage> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("this Node offers no collection on demand");
  for (let time = 0; time < 4; time++) {
    Reflect.apply(collect, undefined, []);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage();
}
