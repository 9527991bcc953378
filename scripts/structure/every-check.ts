// The list of structure checks by the name under which their findings are printed.
import { boundaries } from "./boundaries.ts";
import { coreOrder } from "./core-order.ts";
import { cycles } from "./cycles.ts";
import { deadExports } from "./dead-exports.ts";
import { dependencies } from "./dependencies.ts";
import { docsPaths } from "./docs-paths.ts";
import { entries } from "./entries.ts";
import { errorDocs } from "./error-docs.ts";
import { fileLength } from "./file-length.ts";
import type { Check } from "./finding.ts";
import { firstComment } from "./first-comment.ts";
import { npmScripts } from "./npm-scripts.ts";
import { words } from "./words.ts";

export const everyCheck: Readonly<Record<string, Check>> = {
  boundaries, "core order": coreOrder, cycles, dependencies, words, "docs paths": docsPaths,
  "file length": fileLength, entries, "first comment": firstComment, "dead exports": deadExports, "error docs": errorDocs,
  "npm scripts": npmScripts,
};
