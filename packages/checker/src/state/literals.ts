// Makes objects and lists of a given form as a literal in the source would: with the engine's fast layout, so that code that reads a decoded
// state runs as fast as on the states that it made itself. (Assigning key by key makes the same object five times as slowly.)
import { compileFunction } from "node:vm";

/** Builds one value, asking `read` for its parts in order. */
export type Maker = (read: () => unknown) => object;

// Code is kept for ever: forms beyond these are built by a loop.
const MOST_PARTS = 64;
const MOST_FORMS = 4096;
let forms = 0;

/** For objects with these keys, in this order. */
export function objectMaker(keys: readonly string[], bare: boolean): Maker {
  if (bare || !spendForm(keys.length)) return (read) => fill(bare ? bareObject() : {}, keys, read);
  // Computed, because a literal's plain `__proto__` sets the prototype.
  return compiled(`return ({ ${keys.map((key) => `[${JSON.stringify(key)}]: read()`).join(", ")} });`);
}

/** For lists of this length. */
export function listMaker(length: number): Maker {
  if (!spendForm(length)) return (read) => Array.from({ length }, read);
  return compiled(`return [${Array.from({ length }, () => "read()").join(", ")}];`);
}

function spendForm(parts: number): boolean {
  if (parts > MOST_PARTS || forms >= MOST_FORMS) return false;
  forms += 1;
  return true;
}

function compiled(body: string): Maker {
  const made: unknown = compileFunction(body, ["read"]);
  if (!isMaker(made)) throw new TypeError("A compiled function is none.");
  return made;
}

function isMaker(value: unknown): value is Maker {
  return typeof value === "function";
}

function bareObject(): Record<string, unknown> {
  return Object.setPrototypeOf({}, null) as Record<string, unknown>;
}

function fill(object: Record<string, unknown>, keys: readonly string[], read: () => unknown): object {
  for (const key of keys) Object.defineProperty(object, key, { value: read(), enumerable: true, configurable: true, writable: true });
  return object;
}
