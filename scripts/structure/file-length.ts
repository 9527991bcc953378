// A file holds one idea, and an idea fits in 400 lines. A file that needs more stands in the list below with the reason;
// an entry that is no longer needed is itself a finding.
import type { Check } from "./finding.ts";
import { isModule } from "./module-source.ts";

const limit = 400;

const longForAReason: Readonly<Record<string, string>> = {};

export const fileLength: Check = (tree) => checkLengths(tree.files, longForAReason);

/** The rule itself, apart from this repository's exceptions. */
export function checkLengths(files: ReadonlyMap<string, string>, exceptions: Readonly<Record<string, string>>): ReturnType<Check> {
  const long = [...files]
    .filter(([path]) => isModule(path) || path.endsWith(".sql"))
    .map(([file, text]) => ({ file, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > limit);
  const stale = Object.keys(exceptions).filter((path) => !long.some(({ file }) => file === path));
  return [
    ...long
      .filter(({ file }) => exceptions[file] === undefined)
      .map(({ file, lines }) => ({ file, line: limit, message: `${lines} lines, the limit is ${limit}: move the second idea.` })),
    ...stale.map((file) => ({ file, line: 1, message: "Listed as long for a reason, and no longer long: take it off the list." })),
  ];
}
