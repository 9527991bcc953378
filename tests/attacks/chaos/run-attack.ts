// Rounds of random kills (SIGKILL) against a running ledger on a server of its own: workers, publishers, the server, one of its backends, or
// everything at once, at moments drawn from the seed, while posts go on. Now and then, and at the end, all comes to rest and the books are
// audited. It stops at the first thing that does not hold.
import { mkdtempSync, chmodSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded, type EmbeddedServer } from "@evenkeel/embedded";
import type { Child } from "../ledger/processes.ts";
import { randomOf, type Random } from "../ledger/random.ts";
import { openScene, type Scene } from "../ledger/scene.ts";
import { MIXED } from "../ledger/task.ts";

interface AttackOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Mean pause between two rounds. */
  readonly pauseMs: number;
  /** Rounds between two audits; the last round is always followed by one. */
  readonly auditEvery: number;
  readonly onProgress?: (progress: AttackProgress) => void;
}

export interface AttackProgress { readonly round: number; readonly victims: Readonly<Record<string, number>>; readonly posts: number; readonly note: string }

interface AttackReport {
  readonly seed: number;
  readonly rounds: number;
  readonly victims: Readonly<Record<string, number>>;
  readonly posts: number;
  /** The first thing that did not hold, and in which round; null when everything held. */
  readonly violation: { readonly round: number; readonly faults: readonly string[] } | null;
}

const WORKERS = 2;
const ACCOUNTS = Array.from({ length: 12 }, (_, index) => `account-${String(index)}`);
const ROUNDS_OF_TEN = ["worker", "worker", "worker", "worker", "stopped worker", "publisher", "server", "server", "backend", "everything"] as const;
type Victim = (typeof ROUNDS_OF_TEN)[number];

export async function runAttack(options: AttackOptions): Promise<AttackReport> {
  const folder = mkdtempSync(join(tmpdir(), "ekatt-"));
  chmodSync(folder, 0o755);
  const server = new Server(join(folder, "db"));
  try {
    const scene = await openScene({ url: await server.start(), seed: options.seed, flavours: MIXED });
    try {
      return await attack(options, server, scene);
    } finally {
      await server.start();
      await scene.end();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function attack(options: AttackOptions, server: Server, scene: Scene): Promise<AttackReport> {
  const random = randomOf(options.seed);
  const victims: Record<string, number> = {};
  const fleet = new Fleet(scene);
  const report = (violation: AttackReport["violation"]): AttackReport => ({ seed: options.seed, rounds: options.rounds, victims, posts: scene.posts(), violation });
  fleet.fill();
  for (let round = 1; round <= options.rounds; round++) {
    await pause(random, options.pauseMs);
    const victim = random.pick(ROUNDS_OF_TEN);
    victims[victim] = (victims[victim] ?? 0) + 1;
    await strike(victim, random, server, fleet);
    const crashed = fleet.crashed();
    if (crashed.length > 0) return report({ round, faults: crashed });
    fleet.fill();
    if (round % options.auditEvery === 0 || round === options.rounds) {
      options.onProgress?.({ round, victims, posts: scene.posts(), note: "auditing" });
      await fleet.silence();
      const faults = [...await scene.faults(), ...fleet.crashed()];
      if (faults.length > 0) return report({ round, faults });
      fleet.fill();
    }
    options.onProgress?.({ round, victims, posts: scene.posts(), note: victim });
  }
  return report(null);
}

async function strike(victim: Victim, random: Random, server: Server, fleet: Fleet): Promise<void> {
  switch (victim) {
    case "worker": return fleet.kill("worker", random);
    case "stopped worker": return fleet.stopOne(random);
    case "publisher": return fleet.kill("publisher", random);
    case "backend":
      server.killBackend(random);
      return;
    case "server":
      await server.kill();
      await pause(random, 150);
      await server.start();
      return;
    case "everything":
      fleet.killAll();
      await server.kill();
      await server.start();
  }
}

function pause(random: Random, meanMs: number): Promise<void> {
  const ms = random.below(8) === 0 ? meanMs * 4 : random.below(meanMs * 1.6);
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The embedded server, killed and started again. */
class Server {
  readonly #folder: string;
  #server: EmbeddedServer | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(): Promise<string> {
    if (this.#server?.isRunning() !== true) this.#server = await startEmbedded({ folder: this.#folder });
    return this.#server.url;
  }

  /** Resolves when it is gone: whoever starts it before would find it running, and leave it killed. */
  async kill(): Promise<void> {
    if (this.#server?.isRunning() === true) process.kill(this.#server.pid, "SIGKILL");
    while (this.#server?.isRunning() === true) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** One of the processes that serve a client: the server then restarts all of them and recovers. */
  killBackend(random: Random): void {
    const backends = this.#server === null ? [] : childrenOf(this.#server.pid).filter(({ title }) => title.includes("evenkeel evenkeel"));
    const chosen = backends[random.below(backends.length)];
    if (chosen === undefined) return;
    try {
      process.kill(chosen.pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

function childrenOf(parent: number): { readonly pid: number; readonly title: string }[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) !== parent) return [];
      return [{ pid: Number(name), title: readFileSync(`/proc/${name}/cmdline`, "utf8") }];
    } catch {
      return [];
    }
  });
}

/** The processes under attack. Whoever is missing is started again, without waiting for it. */
class Fleet {
  readonly #scene: Scene;
  #workers: Child[] = [];
  #publishers: Child[] = [];
  /** Whose end was our doing. */
  readonly #ended = new Set<Child>();
  #all: Child[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  fill(): void {
    this.#workers = this.#workers.filter((child) => child.isRunning() && !this.#ended.has(child));
    this.#publishers = this.#publishers.filter((child) => child.isRunning() && !this.#ended.has(child));
    while (this.#workers.length < WORKERS) this.#workers.push(this.#watched(this.#scene.worker({ rotateRows: 400 })));
    if (this.#publishers.length === 0) this.#publishers.push(this.#watched(this.#scene.publisher(ACCOUNTS, { upTo: 1_000_000, pauseMs: 60 })));
  }

  #watched(child: Child): Child {
    this.#all = [...this.#all.filter((one) => one.isRunning() || !this.#ended.has(one)), child];
    return child;
  }

  kill(kind: "worker" | "publisher", random: Random): Promise<void> {
    const list = kind === "worker" ? this.#workers : this.#publishers;
    const chosen = list[random.below(list.length)];
    if (chosen !== undefined) this.#end(chosen, "SIGKILL");
    return Promise.resolve();
  }

  /** A worker that is told to stop, as at a deployment. */
  stopOne(random: Random): Promise<void> {
    const chosen = this.#workers[random.below(this.#workers.length)];
    if (chosen !== undefined) this.#end(chosen, chosen.lines.length > 0 ? "SIGTERM" : "SIGKILL");
    return Promise.resolve();
  }

  killAll(): void {
    for (const child of [...this.#workers, ...this.#publishers]) this.#end(child, "SIGKILL");
  }

  /** Ends the publishers, each after the post it is at. */
  async silence(): Promise<void> {
    const ending = this.#publishers;
    this.#publishers = [];
    for (const child of ending) {
      this.#ended.add(child);
      await child.said("ready");
      child.tell("stop\n");
    }
    await Promise.all(ending.map((child) => child.ended));
  }

  /** Processes that ended although nobody ended them. */
  crashed(): string[] {
    return this.#all.filter((child) => !child.isRunning() && !this.#ended.has(child)).map((child) => `${child.name} ended by itself: ${child.errors()}`);
  }

  #end(child: Child, signal: "SIGKILL" | "SIGTERM"): void {
    this.#ended.add(child);
    child.kill(signal);
  }
}
