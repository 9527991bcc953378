// The command line of the test runner. Unknown flags are refused: a misspelt `--fast` must not run something else.

type RunnerArguments = {
  /** Parts of paths; a file is run when its path contains at least one of them. Empty: every file. */
  readonly filters: readonly string[];
  /** Parts of paths; a file whose path contains one of them is left out. */
  readonly except: readonly string[];
  readonly list: boolean;
  readonly json: boolean;
  /** Leaves out `*.int.test.ts`, which need a database or processes. */
  readonly fast: boolean;
  /** Leaves out all others. */
  readonly int: boolean;
  readonly concurrency: number;
  /** How long one file may run before it is taken for hanging and ended. */
  readonly fileTimeoutMs: number;
  readonly root: string;
};

/** Reads the arguments after the script's name. Throws an Error with a sentence for a person when they make no sense. */
export function parseArguments(words: readonly string[], defaultRoot: string): RunnerArguments {
  const filters: string[] = [];
  const except: string[] = [];
  const parsed = { list: false, json: false, fast: false, int: false, concurrency: 2, fileTimeoutMs: 600_000, root: defaultRoot };
  for (const word of words) {
    const [name, value] = splitFlag(word);
    if (name === "--list") parsed.list = true;
    else if (name === "--json") parsed.json = true;
    else if (name === "--fast") parsed.fast = true;
    else if (name === "--int") parsed.int = true;
    else if (name === "--concurrency") parsed.concurrency = positiveInteger(name, value);
    else if (name === "--file-timeout-ms") parsed.fileTimeoutMs = positiveInteger(name, value);
    else if (name === "--except" && value !== "") except.push(value);
    else if (name === "--root" && value !== "") parsed.root = value;
    else if (word.startsWith("-")) {
      throw new Error(
        `The test runner does not know "${word}". It knows --list, --json, --fast, --int, --except=PART, --concurrency=N, ` +
          "--file-timeout-ms=N and --root=FOLDER; every other word is a part of the paths to run.",
      );
    } else filters.push(word);
  }
  return { ...parsed, filters, except };
}

function splitFlag(word: string): [string, string] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word, ""] : [word.slice(0, equals), word.slice(equals + 1)];
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} needs a whole number above 0, as in ${name}=2; it got "${text}".`);
  return value;
}
