// What a handler may not use, patched while systems are checked: each throws while a handler runs and works as ever for everybody else.
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { refuseInHandler } from "./guard.ts";

let users = 0;
let restore: (() => void) | null = null;

/** Patches, until what it returns is called as often as this. */
export function forbidInHandlers(): () => void {
  if (users === 0) restore = patch();
  users++;
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    if (--users > 0) return;
    restore?.();
    restore = null;
  };
}

type Owner = Record<string, unknown>;

function patch(): () => void {
  const undo: (() => void)[] = [];
  const replace = (owner: object, name: string, what: string): void => {
    const held = owner as Owner;
    const before = Object.getOwnPropertyDescriptor(held, name);
    const original: unknown = held[name];
    // What cannot be replaced calls what was replaced: crypto's functions are those of the global one.
    if (typeof original !== "function" || before?.configurable === false) return;
    const guarded = function guarded(this: unknown, ...given: unknown[]): unknown {
      refuseInHandler(what, guarded);
      return Reflect.apply(original, this, given);
    };
    Object.assign(guarded, original);
    Object.defineProperty(held, name, { value: guarded, writable: true, configurable: true, enumerable: before?.enumerable ?? false });
    undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(held, name);
      else Object.defineProperty(held, name, before);
    });
  };
  const before = globalThis.Date;
  globalThis.Date = guardedDate(before);
  undo.push(() => { globalThis.Date = before; });
  replace(Math, "random", "Math.random()");
  for (const name of ["setTimeout", "setInterval", "setImmediate", "fetch"]) replace(globalThis, name, `${name}()`);
  for (const name of ["randomUUID", "getRandomValues"]) replace(globalThis.crypto, name, `crypto.${name}()`);
  for (const name of ["randomUUID", "getRandomValues", "randomBytes", "randomInt"]) replace(crypto, name, `crypto.${name}()`);
  for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
    replace(timers, name, `${name}()`);
    replace(timersPromises, name, `${name}()`);
  }
  replace(globalThis.performance, "now", "performance.now()");
  replace(process, "hrtime", "process.hrtime()");
  syncBuiltinESMExports();
  return () => {
    for (const one of undo.reverse()) one();
    syncBuiltinESMExports();
  };
}

/** Dates of a given moment stay; the present one is refused. */
function guardedDate(Original: DateConstructor): DateConstructor {
  const now = (): number => { refuseInHandler("Date.now()", now); return Original.now(); };
  const apply = (target: DateConstructor, self: unknown, given: unknown[]): string => {
    refuseInHandler("Date()", apply);
    return Reflect.apply(target, self, given) as string;
  };
  const construct = (target: DateConstructor, given: unknown[], wanted: NewableFunction): object => {
    if (given.length === 0) refuseInHandler("new Date()", construct);
    return Reflect.construct(target, given, wanted) as object;
  };
  const get = (target: DateConstructor, name: string | symbol, receiver: unknown): unknown =>
    (name === "now" ? now : (Reflect.get(target, name, receiver) as unknown));
  return new Proxy(Original, { apply, construct, get });
}
