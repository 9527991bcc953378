// Reads the words after a command's name: known options only, each with a value if it takes one. What the values mean is the commands'.
import { parseArgs } from "node:util";
import { usage } from "./errors.ts";
import { didYouMean } from "./nearest.ts";

export interface OptionSpec {
  /** What stands for its value in the help; absent for a flag. */
  readonly value?: string;
  readonly help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What every command takes. */
export const COMMON_OPTIONS: OptionSpecs = {
  database: { value: "URL", help: "the PostgreSQL database; default EVENKEEL_DATABASE_URL, else the embedded server" },
  folder: { value: "PATH", help: "the folder of the embedded server; default .evenkeel" },
  schema: { value: "NAME", help: "the schema of the application; default evenkeel" },
  json: { help: "prints JSON for programs" },
  help: { help: "prints this text" },
};

export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, string | true>;

  constructor(positionals: readonly string[], values: ReadonlyMap<string, string | true>) {
    this.positionals = positionals;
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === true ? undefined : value;
  }

  flag(name: string): boolean { return this.#values.has(name); }

  /** A number within bounds; throws `USAGE_INVALID`. */
  number(name: string, least: number, most: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = text.trim() === "" ? NaN : Number(text);
    if (value >= least && value <= most) return value;
    throw usage(`--${name} is '${text}': give a number from ${String(least)} to ${String(most)}.`);
  }

  whole(name: string, least: number, most: number): number | undefined {
    const value = this.number(name, least, most);
    if (value === undefined || Number.isSafeInteger(value)) return value;
    throw usage(`--${name} is '${this.text(name) ?? ""}': give a whole number.`);
  }
}

/** Throws `USAGE_INVALID` for an unknown option, a missing value or a value that a flag does not take. */
export function parseArguments(words: readonly string[], specs: OptionSpecs): Arguments {
  const typeOf = (spec: OptionSpec): "boolean" | "string" => spec.value === undefined ? "boolean" : "string";
  const options = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, { type: typeOf(spec) }]));
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string | true>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.rawName === "-h" ? "help" : token.name;
    const spec = token.rawName.startsWith("--") || name === "help" ? specs[name] : undefined;
    if (spec === undefined) throw usage(`There is no option ${token.rawName}.${didYouMean(name, Object.keys(specs), "--")}`);
    if (spec.value === undefined) {
      if (token.value !== undefined) throw usage(`--${name} takes no value, and '${token.value}' was given.`);
      values.set(name, true);
    } else {
      // "--group --json" forgot the group; a value that does begin so is written "--group=--json".
      if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))) {
        throw usage(`--${name} needs a value: --${name} ${spec.value}.`);
      }
      if (values.has(name)) throw usage(`--${name} was given twice.`);
      values.set(name, token.value);
    }
  }
  return new Arguments(positionals, values);
}
