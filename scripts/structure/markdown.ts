// Reads what the checks need from Markdown: headings with their anchors, links, inline code and fenced blocks, each with
// its line. Understands the plain Markdown this repository writes, not all of CommonMark.

export type Block = {
  readonly language: string;
  readonly line: number;
  readonly code: string;
  /** The HTML comment on the line before the fence, without its marks; empty when there is none. */
  readonly mark: string;
};

type Piece = { readonly text: string; readonly line: number };

export type Markdown = {
  readonly headings: readonly (Piece & { readonly level: number; readonly anchor: string })[];
  readonly links: readonly Piece[];
  readonly codes: readonly Piece[];
  readonly blocks: readonly Block[];
};

export function readMarkdown(text: string): Markdown {
  const { prose, blocks } = separate(text.split("\n"));
  const headings = prose.flatMap(({ text: line, line: number }) => {
    const found = /^(#{1,6})\s+(.*?)\s*$/.exec(line);
    return found === null ? [] : [{ text: found[2] ?? "", line: number, level: found[1]?.length ?? 0 }];
  });
  return {
    headings: withAnchors(headings),
    links: pieces(prose, /\]\(([^()\s]+)(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+(\S+)/g),
    codes: pieces(prose, /`([^`]+)`/g),
    blocks,
  };
}

function separate(lines: readonly string[]): { prose: Piece[]; blocks: Block[] } {
  const prose: Piece[] = [];
  const blocks: Block[] = [];
  let open: { fence: string; language: string; line: number; code: string[]; mark: string } | undefined;
  for (const [index, line] of lines.entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*(\w*)/.exec(line);
    if (open !== undefined) {
      if (fence?.[1]?.startsWith(open.fence) === true && fence[2] === "") {
        blocks.push({ language: open.language, line: open.line, code: `${open.code.join("\n")}\n`, mark: open.mark });
        open = undefined;
      } else open.code.push(line);
    } else if (fence !== null) {
      open = { fence: fence[1] ?? "", language: fence[2] ?? "", line: index + 1, code: [], mark: markBefore(prose) };
    } else prose.push({ text: line, line: index + 1 });
  }
  return { prose, blocks };
}

function markBefore(prose: readonly Piece[]): string {
  const before = prose.findLast((line) => line.text.trim() !== "");
  return /^<!--\s*(.*?)\s*-->$/.exec(before?.text.trim() ?? "")?.[1] ?? "";
}

function pieces(prose: readonly Piece[], pattern: RegExp): Piece[] {
  return prose.flatMap(({ text, line }) => [...text.matchAll(pattern)].map((match) => ({ text: match[1] ?? match[2] ?? "", line })));
}

/** Anchors as GitHub makes them: lower case, punctuation dropped, spaces to hyphens, a number on repetition. */
function withAnchors<H extends Piece>(headings: readonly H[]): (H & { anchor: string })[] {
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const plain = heading.text.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-");
    const times = seen.get(plain) ?? 0;
    seen.set(plain, times + 1);
    return { ...heading, anchor: times === 0 ? plain : `${plain}-${times}` };
  });
}
