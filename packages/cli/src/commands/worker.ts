// `evenkeel worker`: runs an application until it is told to stop, and then stops it within a deadline. It knows nothing of what the
// application does.
import { EvenkeelError } from "@evenkeel/core";
import type { Command, Invocation } from "../command.ts";
import { usage } from "../errors.ts";
import { dumpOnSignal } from "../dump-signal.ts";
import { loadApp, type RunnableApp, type WaitDump, type WorkerOptions } from "../load-app.ts";
import { stopSignals } from "../stop-signals.ts";

const STOP_WITHIN_SECONDS = 25;

export const worker: Command = {
  name: "worker",
  summary: "runs an application until SIGTERM or SIGINT",
  positional: "FILE",
  options: {
    "stop-within-seconds": {
      value: "N", help: `ends the process this long after the first signal, whatever hangs; default ${String(STOP_WITHIN_SECONDS)}`,
    },
  },
  details: [
    "FILE is an ES module whose default export (or export named app) is a function that makes the application; it is handed " +
    "--database, --folder and --schema where they were given:",
    "  // app.js\n" +
    "  import { createApp } from \"evenkeel\";\n" +
    "  export default (options) => createApp({ ...options, services: [accounting] });",
    "Any number of workers may run on one database, on any number of machines: they share the partitions, and take over from one " +
    "that dies. A .ts file needs a Node.js that strips types, or NODE_OPTIONS=\"--import tsx\".",
    "The first signal stops the worker in order: what is under way is finished, or released to the other workers after the " +
    "application's stopWithinMs. A second signal ends it at once, which loses nothing.",
    "SIGUSR2 makes it write to standard error who waits for what in it, oldest first: for a process that seems to hang.",
    "With --json, one line of JSON for each of: ready, stopping, stopped.",
  ],
  examples: ["evenkeel worker app.js --database postgresql://user:password@host:5432/shop"],
  run: async (invocation) => {
    const { given } = invocation;
    const withinMs = (given.number("stop-within-seconds", 0, 86_400) ?? STOP_WITHIN_SECONDS) * 1_000;
    const file = given.positionals[0] ?? "";
    const options = workerOptions(invocation);
    const signals = stopSignals((signal) => { invocation.around.err(`${signal} again: ended at once; the other workers take over.\n`); });
    let started: RunnableApp | null = null;
    const deaf = dumpOnSignal(() => dumpOf(started), invocation.json, (text) => { invocation.around.err(text); });
    try {
      const running = startApp(invocation, file, options, (app) => { started = app; });
      // A signal may come while the application is still being made: the deadline holds from then on, too.
      const begun = await Promise.race([running, signals.first]);
      const signal = await signals.first;
      say(invocation, { event: "stopping", signal }, `${signal}: stopping ${file}\n`);
      const released = await within(withinMs, (typeof begun === "string" ? running : Promise.resolve(begun)).then((app) => app.stop()));
      const unfinished = `released unfinished, for the next worker: ${released.join(", ")}`;
      const rest = released.length === 0 ? "nothing was left unfinished" : unfinished;
      say(invocation, { event: "stopped", released }, `stopped ${file}: ${rest}\n`);
      return 0;
    } finally {
      signals.dispose();
      deaf();
    }
  },
};

function dumpOf(app: RunnableApp | null): WaitDump | string {
  if (app === null) return "The application is still being made: what it waits for is not known yet.";
  return app.dump?.() ?? "The application has no health() and waits(): it was made by an older version.";
}

async function startApp(invocation: Invocation, file: string, options: WorkerOptions, made: (app: RunnableApp) => void): Promise<RunnableApp> {
  const app = await loadApp(file, invocation.around.folder, options);
  made(app);
  try {
    await app.start();
  } catch (error) {
    // Why it did not start is what matters.
    await app.stop().catch(() => undefined);
    throw error;
  }
  say(invocation, { event: "ready", file, pid: process.pid }, `ready: ${file} (process ${String(process.pid)}); Ctrl-C stops it\n`);
  return app;
}

/** An option wins over the environment, and reaches also an application that reads only the environment. */
function workerOptions({ given }: Invocation): WorkerOptions {
  const [database, folder, schema] = ["database", "folder", "schema"].map((name) => given.text(name));
  if (database !== undefined && folder !== undefined) {
    throw usage("--database names a server and --folder asks for the embedded one: give one of them.");
  }
  if (database !== undefined) process.env["EVENKEEL_DATABASE_URL"] = database;
  if (folder !== undefined) delete process.env["EVENKEEL_DATABASE_URL"];
  return {
    ...(database === undefined ? {} : { database }), ...(folder === undefined ? {} : { folder }),
    ...(schema === undefined ? {} : { schema }),
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const what = `The application did not stop within ${String(ms / 1_000)} s and was ended: the other workers take over what it held.`;
      reject(new EvenkeelError("STOP_INCOMPLETE", `${what} Look for what hangs, or allow more with --stop-within-seconds.`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function say({ json, around }: Invocation, event: Readonly<Record<string, unknown>>, text: string): void {
  around.out(json ? `${JSON.stringify(event)}\n` : text);
}
