// What may be told of an error that someone else threw. Its text may hold anything: the token that was refused, the body that was not JSON. So it
// is left out, but for texts that are known to hold none.
import { isEvenkeelError, isHandlerFailure } from "@evenkeel/core";

/** The commonest mistake of all, in V8's words: it names a property, never a value. */
const HARMLESS = /^Cannot (read|set) properties of (undefined|null) \((reading|setting) '[\w$]{1,60}'\)$/;

/** The text of errors that are typed on purpose; of all others their name and code. */
export function safeText(error: unknown): string {
  if (isEvenkeelError(error) || isHandlerFailure(error)) return error.message;
  if (!(error instanceof Error)) return "something was thrown that is no Error";
  if (error instanceof TypeError && HARMLESS.test(error.message)) return `TypeError: ${error.message}`;
  const code: unknown = "code" in error ? error.code : undefined;
  return `${/^\w{1,60}$/.test(error.name) ? error.name : "Error"}${typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? ` ${code}` : ""} (its text may hold secrets and is left out)`;
}
