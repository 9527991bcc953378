// Every path a page mentions exists, and every relative link leads to a file and heading that are there. Fenced blocks
// are not judged (they are code, and are run or compiled elsewhere); nor are placeholders such as NNNN or <name>.
import { posix } from "node:path";
import type { Check, Finding, SourceTree } from "./finding.ts";
import { readMarkdown } from "./markdown.ts";
import type { Markdown } from "./markdown.ts";

const topFolders = ["packages/", "examples/", "docs/", "scripts/", "benchmarks/", "tests/", ".ci/"];
// In these pages a bare name such as `deliver/park.ts` means a file of this repository; elsewhere it may be the reader's.
const toursOfTheSource = /^(ARCHITECTURE|CONTRIBUTING)\.md$|^docs\/internals\//;

export const docsPaths: Check = (tree) => {
  const pages = new Map([...tree.files].filter(([path]) => path.endsWith(".md")).map(([path, text]) => [path, readMarkdown(text)]));
  const paths = everyPath(tree);
  return [...pages].flatMap(([file, page]) => [...mentions(file, page, paths), ...links(file, page, pages, paths)]);
};

function everyPath(tree: SourceTree): Set<string> {
  const paths = new Set<string>(["."]);
  for (const file of tree.files.keys()) {
    for (let path = file; path !== "."; path = posix.dirname(path)) paths.add(path);
  }
  return paths;
}

function mentions(file: string, page: Markdown, paths: ReadonlySet<string>): Finding[] {
  return page.codes.flatMap(({ text, line }) => {
    const path = text.replace(/^\.\//, "").replace(/:\d+(-\d+)?$/, "").replace(/\/$/, "");
    if (!/^[\w.@*-]+(\/[\w.@*-]+)*$/.test(path) || /NNNN/.test(path)) return [];
    const fromTop = topFolders.some((folder) => `${path}/`.startsWith(folder));
    const bareName = toursOfTheSource.test(file) && /\.(ts|mjs|md|sql)$/.test(path);
    if (!fromTop && !bareName) return [];
    const pattern = new RegExp(`${fromTop ? "^" : "(^|/)"}${escaped(path)}$`);
    if (fromTop ? pathExists(path, pattern, paths) : [...paths].some((one) => pattern.test(one))) return [];
    return [{ file, line, message: `\`${text}\` does not exist.` }];
  });
}

function pathExists(path: string, pattern: RegExp, paths: ReadonlySet<string>): boolean {
  return path.includes("*") ? [...paths].some((one) => pattern.test(one)) : paths.has(path);
}

function escaped(path: string): string {
  return path.replaceAll(".", "\\.").replaceAll(/\*+/g, (stars) => (stars.length > 1 ? ".*" : "[^/]*"));
}

function links(file: string, page: Markdown, pages: ReadonlyMap<string, Markdown>, paths: ReadonlySet<string>): Finding[] {
  return page.links.flatMap(({ text, line }) => {
    if (/^[a-z][a-z+.-]*:/i.test(text)) return [];
    const [path = "", anchor = ""] = text.split("#");
    const target = path === "" ? file : posix.join(posix.dirname(file), path).replace(/\/$/, "");
    if (!paths.has(target)) return [{ file, line, message: `The link "${text}" leads to ${target}, which does not exist.` }];
    const headings = pages.get(target)?.headings;
    if (anchor === "" || headings === undefined || headings.some((heading) => heading.anchor === anchor)) return [];
    return [{ file, line, message: `The link "${text}" leads to a heading that ${target} does not have.` }];
  });
}
