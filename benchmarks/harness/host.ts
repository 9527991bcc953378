// The main program of every contestant's process: loads one contestant, one question, plays one role and ends. All
// measuring inside the process (CPU, memory, clock) is here, the same for everybody.
import { createInterface } from "node:readline";
import { payloadOf } from "./events.ts";
import { clockBase, now } from "./clock.ts";
import { isObject, numberAt, parseObject, stringAt } from "./json.ts";
import type { Json } from "./json.ts";
import type { Context } from "./contract.ts";
import type { Link } from "./question.ts";
import { loadContestant } from "./load.ts";
import { questions } from "../questions/all-questions.ts";

const job = parseObject(process.argv[2] ?? "{}");
const { context: rawContext, params } = job;
if (!isObject(rawContext) || !isObject(params)) throw new Error("host.ts is started by the harness only");

const context: Context = {
  url: stringAt(rawContext, "url"),
  pooled: rawContext["pooled"] === true,
  pollIntervalMs: numberAt(rawContext, "pollIntervalMs"),
  concurrency: numberAt(rawContext, "concurrency"),
  variant: stringAt(rawContext, "variant"),
  payload: payloadOf,
};

const say = (kind: string, more: Json = {}): void => void process.stdout.write(`${JSON.stringify({ kind, ...more })}\n`);

const heard: string[] = [];
const waiting: { word: string; resolve(): void }[] = [];
createInterface({ input: process.stdin }).on("line", (line) => {
  const word = stringAt(parseObject(line), "kind");
  const index = waiting.findIndex((w) => w.word === word);
  if (index === -1) heard.push(word);
  else waiting.splice(index, 1)[0]?.resolve();
});
const hear = (word: string): Promise<void> => {
  const index = heard.indexOf(word);
  if (index !== -1) {
    heard.splice(index, 1);
    return Promise.resolve();
  }
  return new Promise((resolve) => waiting.push({ word, resolve }));
};

let usage = process.cpuUsage();
const link: Link = {
  say,
  hear,
  async go() {
    say("ready", { clockBase: clockBase() });
    await hear("go");
    usage = process.cpuUsage();
  },
  result(more) {
    const spent = process.cpuUsage(usage);
    say("result", { at: now(), cpuMicros: spent.user + spent.system, peakRssKb: process.resourceUsage().maxRSS, ...more });
  },
};

const contestant = await loadContestant(stringAt(job, "contestant"));
const question = questions.find((q) => q.name === stringAt(job, "question"));
if (contestant === null || question === undefined) throw new Error(`unknown contestant or question: ${process.argv[2] ?? ""}`);
await question.play(stringAt(job, "role"), contestant, context, params, link);
// A library's forgotten timer or socket must not keep a finished process alive.
process.stdout.write("", () => process.exit(0));
