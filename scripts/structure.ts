// `npm run structure`: taste as tests. Runs every structure check over the repository (or the one named by --root=FOLDER),
// prints each finding as `file:line: message (check)` and ends with the number of checks passed and failed.
import { everyCheck } from "./structure/every-check.ts";
import { readSourceTree } from "./structure/source-tree.ts";
import { repositoryRoot } from "./test/run-file.ts";

const root = process.argv.find((word) => word.startsWith("--root="))?.slice("--root=".length) ?? repositoryRoot;
const tree = readSourceTree(root);
let failed = 0;
for (const [name, check] of Object.entries(everyCheck)) {
  const findings = check(tree);
  for (const { file, line, message } of findings) console.log(`${file}:${line}: ${message} (${name})`);
  if (findings.length > 0) failed += 1;
}
console.log(`${Object.keys(everyCheck).length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;
