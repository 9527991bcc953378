// A built package runs with plain Node: planted sources are compiled, and what must not be published stays out.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { repositoryRoot } from "../test/run-file.ts";
import { buildPackage } from "./build-package.ts";

function withPackage(files: Readonly<Record<string, string>>, use: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "build-"));
  try {
    for (const [path, text] of Object.entries({ "package.json": '{ "type": "module" }', LICENSE: "terms", ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const config = readFileSync(join(repositoryRoot, "tsconfig.json"), "utf8");
    writeFileSync(join(root, "tsconfig.json"), config.replace('"types": ["node"]', '"types": []'));
    use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

test("dist runs with plain Node and holds declarations, SQL and the licence, but no tests", () => {
  const files = {
    "packages/p/src/main.ts": '#!/usr/bin/env node\nimport { two } from "./deep/two.ts";\nexport const text: string = `${two}`;\n',
    "packages/p/src/deep/two.ts": "export const two: number = 2;\n",
    "packages/p/src/deep/two.test.ts": "throw new Error();\n",
    "packages/p/src/deep/move.sql": "select 1;\n",
  };
  withPackage(files, (root) => {
    buildPackage(root, "packages/p");
    const dist = join(root, "packages/p/dist");
    const run = spawnSync(process.execPath, ["-e", `import(${JSON.stringify(join(dist, "main.js"))}).then((m) => console.log(m.text))`]);
    assert.equal(run.stdout.toString(), "2\n", run.stderr.toString());
    assert.match(readFileSync(join(dist, "deep/two.d.ts"), "utf8"), /two: number/);
    assert.ok(existsSync(join(dist, "deep/move.sql")));
    assert.ok(existsSync(join(dist, "LICENSE")));
    assert.ok(!existsSync(join(dist, "deep/two.test.js")));
    assert.equal(statSync(join(dist, "main.js")).mode & 0o111, 0o111);
  });
});

test("a package that does not compile is refused with file and reason", () => {
  withPackage({ "packages/p/src/a.ts": "export const a: string = 1;\n" }, (root) => {
    assert.throws(() => buildPackage(root, "packages/p"), /packages\/p\/src\/a\.ts\(1,14\).*not assignable/);
  });
});
