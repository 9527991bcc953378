// What code that is run again may not read or start, and what to use instead. A name counts only where it is the global one, or comes from Node.
import type { SourceCode } from "eslint";
import { bare, importOf, memberOf, variableOf, type Node } from "./syntax.ts";

interface Outside {
  /** As it is called in the message. */
  readonly name: string;
  readonly inWorkflow: string;
  readonly inHandler: string;
  /** A member of the context that a call without arguments can be replaced by. */
  readonly instead: string | null;
}

const clock = { inWorkflow: "take the time from `w.now`", inHandler: "take the time from `now` of the handler's context", instead: "now" };
const chance = { inWorkflow: "draw from `w.random()`", inHandler: "compute it from the message's data or id", instead: "random()" };
const ids = { inWorkflow: "make ids with `w.newId()`", inHandler: "compute ids from the message's data or id", instead: "newId()" };
const timers = {
  inWorkflow: "wait with `w.sleep(…)`, or give a wait a `within`", inHandler: "send a message later with `schedule(…)` of the handler's context", instead: null,
};
const network = {
  inWorkflow: "make it an operation of a port, and a step: `w.readonly(…)` or `w.step(…)`", inHandler: "make it an operation of a port: `call(…)` of the handler's context",
  instead: null,
};
const surroundings = { inWorkflow: "put it into the run's input, or read it where the module is loaded", inHandler: "read it where the module is loaded", instead: null };

const OUTSIDE: Readonly<Record<string, Omit<Outside, "name">>> = {
  "Date.now": clock, "performance.now": clock, "performance.timeOrigin": { ...clock, instead: null },
  "process.hrtime": { ...clock, instead: null }, "process.uptime": { ...clock, instead: null }, "Temporal.Now": { ...clock, instead: null },
  "Math.random": chance, "crypto.getRandomValues": { ...chance, instead: null }, "crypto.randomBytes": { ...chance, instead: null },
  "crypto.randomInt": { ...chance, instead: null }, "crypto.randomUUID": ids,
  "setTimeout": timers, "setInterval": timers, "setImmediate": timers, "queueMicrotask": timers, "process.nextTick": timers,
  "fetch": network, "http.request": network, "http.get": network, "https.request": network, "https.get": network,
  "process.env": surroundings, "process.argv": surroundings, "process.pid": surroundings, "process.cwd": surroundings,
};

/** What `new Date()` and `Date()` are. */
export const CLOCK: Outside = { name: "Date", ...clock };

/** Modules of Node whose exports have a global's name, and those whose names stand by themselves. */
const MODULES: Readonly<Record<string, string>> = {
  crypto: "crypto.", process: "process.", http: "http.", https: "https.", perf_hooks: "", timers: "", "timers/promises": "",
};

/** What is outside, if the expression is that: `Date.now`, `fetch`, `randomUUID` of node:crypto. */
export function outsideOf(node: Node, code: SourceCode): Outside | null {
  if (node.type !== "Identifier" && node.type !== "MemberExpression") return null;
  const name = pathOf(node, code)?.replace(/^(globalThis|window|self)\./, "");
  const found = name === undefined || !Object.hasOwn(OUTSIDE, name) ? undefined : OUTSIDE[name];
  return name === undefined || found === undefined ? null : { name, ...found };
}

/** `new Date()` and `Date()` read the clock; `new Date(0)` does not. */
export function isClockDate(node: Node, code: SourceCode): boolean {
  if (node.type !== "NewExpression" && node.type !== "CallExpression") return false;
  return pathOf(node.callee, code) === "Date" && (node.type === "CallExpression" || node.arguments.length === 0);
}

function pathOf(expression: Node, code: SourceCode): string | null {
  const node = bare(expression);
  if (node.type === "MemberExpression") {
    const [object, member] = [pathOf(node.object, code), memberOf(node)];
    return object === null || member === null ? null : object === "" ? member : `${object.replace(/\.$/, "")}.${member}`;
  }
  if (node.type !== "Identifier") return null;
  const imported = importOf(node, code);
  if (imported !== null) {
    const source = imported[0].replace(/^node:/, "");
    const prefix = Object.hasOwn(MODULES, source) ? MODULES[source] : undefined;
    if (prefix === undefined) return null;
    return imported[1] === "*" ? prefix : `${prefix}${imported[1]}`;
  }
  return (variableOf(node, code)?.defs.length ?? 0) > 0 ? null : node.name;
}
