// Where a value of a workflow is no JSON, and why, for errors that say what to change. It looks only where somebody asks, and makes no JSON itself.
import { EvenkeelError } from "../errors.ts";

interface Wrong { readonly path: readonly string[]; readonly why: string }

/** As JSON text has it at the most, and far from what the stack holds. */
const MOST_DEEP = 1_000;

const HOLDS_NUL = "holds the character U+0000, which the database cannot store";

/**
 * Throws `DATA_NOT_JSON` where a value holds a bigint, itself, U+0000, or a function or a symbol, which JSON leaves out without a word. What JSON writes as
 * something else is none of its business: a Date is a text, NaN is null, a Map or an instance of a class is what it has as members.
 *
 * @param what names it in the error: "the result of run 'o-1' of workflow 'checkout'".
 */
export function checkJson(value: unknown, what: string): void {
  const wrong = wrongIn(value, "", [], [], true);
  if (wrong !== null) throw errorOf(what, wrong, undefined);
}

/** What is said of a value that JSON text could not be made of, or that could not be stored. */
export function notJson(value: unknown, what: string, cause: unknown): EvenkeelError {
  return errorOf(what, wrongIn(value, "", [], [], false) ?? { path: [], why: "it cannot be written" }, cause);
}

function errorOf(what: string, { path, why }: Wrong, cause: unknown): EvenkeelError {
  const at = path.join(".");
  return new EvenkeelError(
    "DATA_NOT_JSON",
    `JSON cannot carry ${what}, at ${at === "" ? "its root" : `'${at}'`}: ${why}. Use strings, numbers, booleans, null, arrays and plain objects only.`,
    { details: { what, path: at }, ...(cause === undefined ? {} : { cause }) },
  );
}

function wrongIn(given: unknown, name: string, path: readonly string[], around: readonly object[], isStrict: boolean): Wrong | null {
  let value: unknown;
  try {
    value = asWritten(given, name);
  } catch (error) {
    return { path, why: `its \`toJSON\` throws ${String(error)}` };
  }
  if (typeof value === "bigint") return { path, why: "it is a bigint" };
  if (isStrict && typeof value === "function") return { path, why: "it is a function" };
  if (isStrict && typeof value === "symbol") return { path, why: "it is a symbol" };
  if (typeof value === "string" && value.includes("\u0000")) return { path, why: `it ${HOLDS_NUL}` };
  if (typeof value !== "object" || value === null) return null;
  if (around.includes(value)) return { path, why: "it holds itself" };
  if (around.length >= MOST_DEEP) return { path, why: `it stands deeper than ${String(MOST_DEEP)} levels` };
  return wrongMember(value, path, [...around, value], isStrict);
}

function wrongMember(value: object, path: readonly string[], around: readonly object[], isStrict: boolean): Wrong | null {
  for (const name of Object.keys(value)) {
    if (name.includes("\u0000")) return { path, why: `the name of a member ${HOLDS_NUL}` };
    let inner: unknown;
    try {
      inner = Reflect.get(value, name);
    } catch (error) {
      return { path: [...path, name], why: `reading it throws ${String(error)}` };
    }
    const wrong = wrongIn(inner, name, [...path, name], around, isStrict);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** As JSON text is made of it: what says how it is written is asked. */
function asWritten(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !("toJSON" in value) || typeof value.toJSON !== "function") return value;
  const written: unknown = Reflect.apply(value.toJSON, value, [name]);
  return written;
}
