// Words that may not stand in the tree: notes to oneself, paths of somebody's machine, words of a workplace, and pages
// that only the writer had. The list is written in halves so that this file does not flag itself.
import type { Check } from "./finding.ts";
import { lineAt } from "./finding.ts";

type Banned = { readonly pattern: RegExp; readonly why: string };

const note = "Do it, or open an issue; the tree holds no notes to oneself.";
const machine = "A path of one machine means nothing to a reader.";
const workplace = "The project speaks of itself alone.";

const banned: readonly Banned[] = [
  ...["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].map((word) => ({ pattern: new RegExp(`\\b${word}\\b`, "g"), why: note })),
  ...["work", "tmp", "root", "home"].map((word) => ({ pattern: new RegExp(`(?<![\\w.$}*])/${word}/`, "g"), why: machine })),
  ...["sub" + "-?agent", "cl" + "aude", "anth" + "ropic", "chat" + "gpt", "co" + "pilot", "this ses" + "sion", "the hel" + "pers?"].map(
    (word) => ({ pattern: new RegExp(`\\b${word}\\b`, "gi"), why: workplace }),
  ),
  { pattern: new RegExp("\\biss" + "ue #?\\d+\\b", "gi"), why: `${workplace} Say what it is about, or link it.` },
];

// Direction pages that are not part of the repository; a file of that name inside it may of course be mentioned.
const absentPages = ["design", "storage", "layout", "style", "pitfalls"].map((name) => `${name}.md`);

const exempt = new Set(["LICENSE", "package-lock.json"]);

export const words: Check = (tree) => {
  const present = new Set([...tree.files.keys()].map((path) => path.split("/").at(-1)));
  const pages = absentPages.filter((name) => !present.has(name)).map((name) => ({
    pattern: new RegExp(`\\b${name.replace(".", "\\.")}\\b`, "g"),
    why: "There is no page of this name in the repository.",
  }));
  return [...tree.files]
    .filter(([path]) => !exempt.has(path))
    .flatMap(([file, text]) =>
      [...banned, ...pages].flatMap(({ pattern, why }) =>
        [...text.matchAll(pattern)].map((match) => ({ file, line: lineAt(text, match.index), message: `"${match[0]}": ${why}` })),
      ),
    );
};
