// Folders and client processes for the tests of this package; each takes itself away when its test ends.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { identify } from "../process-identity.ts";
import { canEnter } from "../server-user.ts";
import { startEmbedded } from "../start-embedded.ts";
import { loaderFlags } from "../start-watcher.ts";
import type { EmbeddedOptions } from "../start-embedded.ts";

/** A folder that every user may enter, so that a server which root hands to another user can live in it. */
export function scratchFolder(t: TestContext): string {
  const path = makeFolder();
  atEnd(t, () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }));
  return path;
}

const tasks = new WeakMap<TestContext, (() => unknown)[]>();

/** Like `t.after`, but the last task comes first: servers end before their folders go. */
export function atEnd(t: TestContext, task: () => unknown): void {
  const known = tasks.get(t);
  if (known !== undefined) {
    known.unshift(task);
    return;
  }
  const list = [task];
  tasks.set(t, list);
  t.after(async () => {
    for (const each of list) await each();
  });
}

let template: Promise<string> | undefined;
after(async () => {
  if (template !== undefined) rmSync(dirname(await template), { recursive: true, force: true, maxRetries: 10 });
});

/** The path of a folder with an initialised database and no server: a copy, because initialising takes a second. */
export async function initialisedFolder(t: TestContext): Promise<string> {
  template ??= initialiseOnce();
  const copy = join(scratchFolder(t), "db");
  execFileSync("cp", ["-a", await template, copy]);
  return copy;
}

async function initialiseOnce(): Promise<string> {
  const folder = makeFolder();
  const server = await startEmbedded({ folder: join(folder, "db") });
  await server.stop();
  return join(folder, "db");
}

function makeFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "ekemb-"));
  chmodSync(path, 0o755);
  return path;
}

interface Client {
  readonly process: number;
  /** What `startEmbedded` gave that process, or the code and message of its error. */
  readonly answer: Promise<Record<string, unknown>>;
  /** Ends it as the out-of-memory killer would. */
  kill(): Promise<void>;
}

interface ClientPlace {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  /** The entry of the package to load. */
  readonly entry?: string;
}

const program = `
  const [entry, options] = process.argv.slice(1);
  const { startEmbedded } = await import(entry);
  try {
    const { url, pid, joined } = await startEmbedded(JSON.parse(options));
    console.log(JSON.stringify({ url, pid, joined }));
    setInterval(() => undefined, 60_000);
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, message: error.message }));
  }`;

/** A process of its own that calls `startEmbedded` and then holds on to its handle. */
export function startClient(t: TestContext, options: EmbeddedOptions, place: ClientPlace = {}): Client {
  const { entry = new URL("../index.ts", import.meta.url).href, ...rest } = place;
  const words = [...loaderFlags(process.execArgv), "--input-type=module", "-e", program, entry, JSON.stringify(options)];
  // Another user would leave a cache of compiled sources of its own behind.
  const env = rest.uid === undefined ? process.env : { ...process.env, TSX_DISABLE_CACHE: "1" };
  const child = spawn(process.execPath, words, { ...rest, env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  atEnd(t, kill);
  const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(Object.fromEntries(entriesOf(JSON.parse(text))));
    });
    child.once("close", () => reject(new Error("the client ended without an answer")));
  });
  answer.catch(() => undefined);
  return { process: child.pid ?? 0, answer, kill };
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** Why a test cannot run a client as another user; `false` when it can. */
export function sourcesArePrivate(): string | false {
  const reachable = process.getuid?.() !== 0 || canEnter({ uid: 65534, gid: 65534 }, import.meta.dirname);
  return reachable ? false : "the sources lie where no other user can read them";
}

/** Waits for something that must come; the bound only keeps a broken test from hanging. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not come about: ${what}`);
    await sleep(10);
  }
}

export function isGone(pid: number): boolean {
  return identify(pid) === undefined;
}

export function makeOpenFolder(path: string): string {
  if (!existsSync(path)) mkdirSync(path);
  chmodSync(path, 0o755);
  return path;
}
