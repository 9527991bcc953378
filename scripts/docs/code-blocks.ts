// Finds the code of the documentation and what is to be done with it. The comment on the line before a fence decides:
//   <!-- run -->                  run it; a ```text block right after it is the output it must have
//   <!-- continues -->            this block goes on where the page's previous ```ts block stopped (also: run, continues)
//   <!-- illustrative: why -->    shown only; neither run nor compiled
// A ```ts block without a mark is compiled. Other languages are left alone, except ```sh with `run`.
import { readMarkdown } from "../structure/markdown.ts";
import type { Block } from "../structure/markdown.ts";

export type CodeBlock = {
  readonly page: string;
  /** The line of the opening fence. */
  readonly line: number;
  readonly language: "ts" | "sh";
  readonly treatment: "run" | "compile" | "show";
  /** The code with the page's line of each, previous blocks included when this one continues them. */
  readonly code: readonly { readonly text: string; readonly line: number }[];
  readonly expected: string | undefined;
  /** Why an illustrative block is neither run nor compiled; empty for all others. */
  readonly reason: string;
};

/** Throws an Error that names page and line when a mark makes no sense: a misspelt mark must not lose a check. */
export function codeBlocksOf(page: string, text: string): CodeBlock[] {
  const found: CodeBlock[] = [];
  const { blocks } = readMarkdown(text);
  for (const [index, block] of blocks.entries()) {
    if (block.language !== "ts" && !(block.language === "sh" && block.mark === "run")) continue;
    const mark = readMark(page, block);
    const previous = found.findLast((one) => one.language === "ts" && one.treatment !== "show");
    if (mark.continues && previous === undefined) throw new Error(`${page}:${block.line}: there is no block that this one could continue.`);
    const next = blocks[index + 1];
    found.push({
      page,
      line: block.line,
      language: block.language === "ts" ? "ts" : "sh",
      treatment: mark.treatment,
      code: [...(mark.continues ? (previous?.code ?? []) : []), ...linesOf(block)],
      expected: mark.treatment === "run" && next?.language === "text" ? next.code : undefined,
      reason: mark.reason,
    });
  }
  return found;
}

type Mark = { readonly treatment: CodeBlock["treatment"]; readonly continues: boolean; readonly reason: string };

function readMark(page: string, { mark, line }: Block): Mark {
  const illustrative = /^illustrative:\s*(.*)$/.exec(mark);
  if (illustrative !== null) {
    const reason = illustrative[1] ?? "";
    if (reason.split(/\s+/).length < 3) throw new Error(`${page}:${line}: say why, in words: <!-- illustrative: why -->.`);
    return { treatment: "show", continues: false, reason };
  }
  const words = mark.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const unknown = words.find((word) => word !== "run" && word !== "continues");
  if (unknown !== undefined) throw new Error(`${page}:${line}: the mark "${unknown}" is unknown: run, continues or illustrative: why.`);
  return { treatment: words.includes("run") ? "run" : "compile", continues: words.includes("continues"), reason: "" };
}

function linesOf(block: Block): { text: string; line: number }[] {
  return block.code.trimEnd().split("\n").map((text, index) => ({ text, line: block.line + 1 + index }));
}
