// Reads the repository for the structure checks: the files git knows or would add, so ignored output is never judged.
// Binary files are left out. Also makes small trees from text, with which each check is proven able to fail.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceTree } from "./finding.ts";

export function readSourceTree(root: string): SourceTree {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  const files = new Map<string, string>();
  for (const path of listed.split("\0")) {
    if (path === "" || !existsSync(join(root, path))) continue; // Listed but deleted and not yet committed.
    const text = readFileSync(join(root, path), "utf8");
    if (!text.includes("\0")) files.set(path, text);
  }
  return { files };
}

export function treeOf(files: Readonly<Record<string, string>>): SourceTree {
  return { files: new Map(Object.entries(files)) };
}
