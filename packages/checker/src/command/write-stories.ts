// Writes the counterexamples of a run as files: a page to look at, a diagram to paste, and JSON for programs.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mermaidOf } from "../story/mermaid.ts";
import { storyHtml } from "../story/story-html.ts";
import { storyOf } from "../story/story.ts";
import { jsonOf } from "../story/json.ts";
import type { CheckResult } from "./run-checks.ts";

/** Resolves to the pages that were written, in the order of the results; a result without a counterexample has none. */
export async function writeStories(results: readonly CheckResult[], folder: string): Promise<readonly string[]> {
  const pages: string[] = [];
  for (const { file, name, reports } of results) {
    const last = reports.at(-1);
    const story = last === undefined ? null : storyOf(last);
    if (story === null) continue;
    await mkdir(folder, { recursive: true });
    const base = join(folder, `${file.replace(/\.check\.\w+$/, "")}-${name}`.replaceAll(/[^\w.-]+/g, "-"));
    await writeFile(`${base}.html`, storyHtml(story));
    await writeFile(`${base}.mmd`, mermaidOf(story));
    await writeFile(`${base}.json`, jsonOf(story));
    pages.push(`${base}.html`);
  }
  return pages;
}
