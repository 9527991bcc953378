// What a worker thread runs first, in JavaScript: a loader for TypeScript that was given to the process (`--import tsx`) does not take effect in
// its threads before Node.js 22, so it is asked once more here. Everything else is thread.ts.
import { workerData } from "node:worker_threads";

const options = [...process.execArgv, ...(process.env["NODE_OPTIONS"] ?? "").split(/\s+/)];
const usesTsx = options.some((one, index) => one === "--import=tsx" || (one === "tsx" && options[index - 1] === "--import"));
if (usesTsx) {
  // A name of its own: no dependency of this package, but of whoever asked for it.
  const name = "tsx/esm/api";
  /** @type {{ register(): unknown }} */
  const { register } = await import(name);
  register();
}
await import(workerData.entry);
