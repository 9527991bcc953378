// Every file that a script of a package.json starts exists: a command that is offered works.
import { posix } from "node:path";
import type { Check } from "./finding.ts";
import { lineAt } from "./finding.ts";
import { rootWorkspace, workspacesOf } from "./workspace.ts";

export const npmScripts: Check = (tree) => {
  const root = rootWorkspace(tree);
  return [...workspacesOf(tree), ...(root === undefined ? [] : [root])].flatMap(({ folder, manifest, scripts }) =>
    Object.entries(scripts).flatMap(([name, command]) => {
      const files = command.split(/\s+/).filter((word) => /^[\w.@-]+(\/[\w.@-]+)*\.(ts|mjs|js|sh)$|^\.ci\//.test(word));
      const line = lineAt(tree.files.get(manifest) ?? "", (tree.files.get(manifest) ?? "").indexOf(`"${name}":`));
      return files
        .filter((file) => !tree.files.has(posix.join(folder, file)))
        .map((file) => ({ file: manifest, line, message: `The script "${name}" starts ${file}, which does not exist.` }));
    }),
  );
};
