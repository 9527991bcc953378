// What keeps a process alive: an application that runs does, one that was stopped does not, whatever was left unfinished.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("testing/ending-script.ts", import.meta.url));

interface Script { said(text: string): Promise<void>; readonly ended: Promise<number | null>; isRunning(): boolean }

function run(t: TestContext, how: string): Script {
  const child = spawn(process.execPath, ["--conditions=evenkeel-source", "--import", "tsx", script, how], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  const ended = new Promise<number | null>((resolve) => { child.once("exit", (code) => { resolve(code); }); });
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const said = (text: string): Promise<void> => new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      out += more;
      if (out.includes(text)) resolve();
    });
    void ended.then(() => { reject(new Error(`it ended before it said '${text}': ${out}`)); });
  });
  return { said, ended, isRunning: () => child.exitCode === null && child.signalCode === null };
}

const PATIENCE_MS = 60_000;
const late = (): Promise<string> => new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS, "it did not end").unref(); });

test("a running application keeps its process alive though nothing else does", async (t) => {
  const running = run(t, "left running");
  await running.said("handled");
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.ok(running.isRunning());
});

test("a stopped application lets its process end", async (t) => {
  const stopped = run(t, "stopped");
  await stopped.said("stopped []");
  assert.equal(await Promise.race([stopped.ended, late()]), 0);
});

test("an application that was stopped with work it could not finish lets its process end", async (t) => {
  const stopped = run(t, "stopped while the store is away");
  await stopped.said('stopped ["');
  assert.equal(await Promise.race([stopped.ended, late()]), 0);
});
