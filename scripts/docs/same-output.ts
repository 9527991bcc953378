// Compares what a program printed with what a page says it prints. `…` on the page stands for any text within one line
// (times, ids); everything else is compared as it is, but for spaces at line ends and around the whole.

/** Undefined when they agree; else a sentence with the first line that differs. */
export function differenceOf(printed: string, expected: string): string | undefined {
  const actual = linesOf(printed);
  const wanted = linesOf(expected);
  for (let index = 0; index < Math.max(actual.length, wanted.length); index += 1) {
    const [is, should] = [actual[index], wanted[index]];
    if (is !== undefined && should !== undefined && patternOf(should).test(is)) continue;
    return `Line ${index + 1} of the output is ${quoted(is)}; the page says ${quoted(should)}.`;
  }
  return undefined;
}

function linesOf(text: string): string[] {
  return text.trim().split("\n").map((line) => line.trimEnd());
}

function patternOf(line: string): RegExp {
  const pieces = line.split("…").map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${pieces.join(".*")}$`);
}

function quoted(line: string | undefined): string {
  return line === undefined ? "missing" : JSON.stringify(line);
}
