// Names of options that nobody reads. A misspelled one would leave its default in force and say nothing, so it is refused where it is given.
// It looks at names, not at values.
import { EvenkeelError } from "../errors.ts";

/** Every option of T by its name: the compiler holds it complete. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/**
 * Throws `CONFIG_INVALID` when `given` is no object, or has an option that is not in `names`.
 *
 * @param what begins the message: "The policy 'rates'".
 * @param within is set before the names: "breaker.".
 */
export function checkOptionNames(what: string, given: unknown, names: Readonly<Record<string, true>>, within = ""): void {
  const known = Object.keys(names);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const place = within === "" ? "no options" : `no options for ${within.slice(0, -1)}`;
    refuse(`${what} was given ${place}: give an object with some of ${known.join(", ")}.`, within.slice(0, -1));
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(names, name)) continue;
    refuse(`${what} has ${within}${name}, and there is no such option: known ones are ${known.map((one) => within + one).join(", ")}.`, within + name);
  }
}

function refuse(message: string, option: string): never {
  throw new EvenkeelError("CONFIG_INVALID", message, { details: { option } });
}
