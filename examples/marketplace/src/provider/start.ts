// Starts the payment provider as a child process and stops it. The child ends when this process does, however that ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Faults, FaultSwitches } from "./contract.ts";
import { siblingProgram } from "../run/siblingProgram.ts";
import { setFaults } from "./operate.ts";

export interface Provider {
  readonly url: string;
  readonly pid: number;
  setFaults(faults: FaultSwitches): Promise<Faults>;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
  /** Kills the process in the middle of whatever it does (SIGKILL) and waits until it is gone. */
  kill(): Promise<void>;
}

export class ProviderStartError extends Error {
  override readonly name = "ProviderStartError";
  readonly code = "PROVIDER_NOT_STARTED";
}

const READY = z.object({ port: z.int() });
const STOP_GRACE_MS = 2_000;

/**
 * Starts a provider on a free port and resolves when it listens.
 *
 * @param options.journal file in which it keeps its records, so that it can be killed and started again; none unless told
 * @param options.port the port to listen on, for a restart at the same address; a free one unless told
 * @throws ProviderStartError when the process ends before it listens; its own words are in the message
 * @example const provider = await startProvider(); await charge({ url: provider.url, key, body }); await provider.stop();
 */
export async function startProvider(options: { readonly journal?: string; readonly port?: number } = {}): Promise<Provider> {
  const main = siblingProgram(import.meta.url, "./main");
  const child = spawn(
    process.execPath,
    [...inheritedOptions(process.execArgv), main, "--port", String(options.port ?? 0), ...(options.journal === undefined ? [] : ["--journal", options.journal])],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const spawned = once(child, "spawn");
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-2_000);
    process.stderr.write(text);
  });
  child.stdin.on("error", () => undefined); // the child may be gone when its input is closed
  await spawned;
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, "line"), exited]);
  if (first === undefined || child.pid === undefined) {
    throw new ProviderStartError(`The payment provider ended before it listened (PROVIDER_NOT_STARTED). It said: ${words.trim() || "nothing"}`);
  }
  const { port } = READY.parse(JSON.parse(String(first[0])));
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    pid: child.pid,
    setFaults: (faults) => setFaults(url, faults),
    async stop() {
      child.stdin.end();
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
      await exited;
      clearTimeout(late);
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The options this process was started with that the child needs too (loaders, conditions), without those meant for one process. */
export function inheritedOptions(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  let dropping = false;
  for (const option of execArgv) {
    // What does not begin with a dash is the value of the option before it.
    if (option.startsWith("-")) dropping = /^(-e|-p|-pe|--(eval|print|test|watch|inspect|experimental-test).*)$/.test(option);
    if (!dropping) kept.push(option);
  }
  return kept;
}
