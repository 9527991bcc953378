// A thread of the crew: imports what is explored, shows that it is the same, and runs tasks until it is ended. It decides nothing.
import { parentPort, workerData } from "node:worker_threads";
import type { StateCodec } from "../../space.ts";
import { identityOf } from "../identity.ts";
import { settingsOf } from "../options.ts";
import { findSubject } from "./find-subject.ts";
import type { FromThread, Task, ThreadData } from "./messages.ts";
import { taskRunner } from "./task-runner.ts";

const data: unknown = workerData;
if (parentPort === null || !isThreadData(data)) throw new TypeError("This module is the inside of a worker thread of the checker, and nothing to import.");
await work(data, parentPort);

async function work({ source, settings: given, number }: ThreadData, port: NonNullable<typeof parentPort>): Promise<void> {
  const settings = settingsOf(given);
  const say = (message: FromThread, transferred: readonly ArrayBuffer[] = []): void => { port.postMessage(message, transferred); };
  const subject = await findSubject(source).catch((error: unknown) => {
    say({ kind: "refused", reason: error instanceof Error ? error.message : String(error) });
    return null;
  });
  const makeCodec = subject?.space.codec?.bind(subject.space);
  if (subject === null) return;
  if (makeCodec === undefined) {
    say({ kind: "refused", reason: `"${subject.name}" has states that no other thread could read` });
    return;
  }
  const codecs = new Map<number, StateCodec<unknown>>([[number, makeCodec()]]);
  const codecOf = (writer: number): StateCodec<unknown> => {
    const codec = codecs.get(writer) ?? makeCodec();
    codecs.set(writer, codec);
    return codec;
  };
  const own = codecOf(number);
  const runner = taskRunner(subject, settings, own, codecOf);
  const run = async (task: Task): Promise<void> => {
    for (const { writer, learnt } of task.news) codecOf(writer).learn?.(learnt);
    const end = await runner.run(task);
    if ("finding" in end) {
      say({ kind: "found", number: task.number, property: end.finding.property, reason: end.finding.reason });
      return;
    }
    const { rows, bytes } = end.outcome;
    say({ kind: "done", number: task.number, learnt: own.news?.() ?? null, outcome: end.outcome }, [rows.buffer, bytes.buffer].filter((one) => one instanceof ArrayBuffer));
  };
  // One after the other, also where a task has to wait.
  let last = Promise.resolve();
  port.on("message", (task: Task) => { last = last.then(() => run(task)); });
  say({ kind: "ready", identity: await identityOf(subject, settings) });
}

function isThreadData(value: unknown): value is ThreadData {
  return typeof value === "object" && value !== null && "evenkeelCrew" in value;
}
