// Runs a program of this repository as users' programs run: from JavaScript. Node.js 20 does not read TypeScript, and a loader that makes it do
// so costs every process memory and time, and wraps every closure. So the sources are turned into dist first, each file by itself and without
// looking at types, which takes less than a second. Plain JavaScript, since it makes the rest of it.
//
//   node scripts/run.mjs examples/hello/src/main.ts [its arguments]
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, stop } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const [program = "", ...rest] = process.argv.slice(2);

await transpile();
const main = join(root, distOf(program));
process.argv = [process.execPath, main, ...rest];
await import(pathToFileURL(main).href);

async function transpile() {
  const sources = ["packages", "examples"].flatMap((area) => readdirSync(join(root, area)).flatMap((name) => sourcesOf(join(area, name))));
  const made = await build({
    absWorkingDir: root, outdir: ".", write: false, platform: "node", format: "esm", target: "node20", packages: "external", bundle: true,
    entryPoints: sources.filter((path) => path.endsWith(".ts")).map((path) => ({ in: path, out: distOf(path).slice(0, -".js".length) })),
    // Every file stays a file: what it imports is only named differently.
    plugins: [{
      name: "files stay files",
      setup: ({ onResolve }) => {
        onResolve({ filter: /^\.{1,2}\// }, ({ kind, path }) => (kind === "entry-point" ? null : { path: path.replace(/\.ts$/, ".js"), external: true }));
      },
    }],
  });
  for (const { path, contents } of made.outputFiles) writeIfNew(path, contents);
  for (const path of sources.filter((one) => !one.endsWith(".ts"))) writeIfNew(join(root, distOf(path)), readFileSync(join(root, path)));
  await stop();
}

/** @param {string} folder a package, from the root @returns {string[]} what it runs, from the root */
function sourcesOf(folder) {
  const found = readdirSync(join(root, folder, "src"), { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile() && !/\.(test|test-d)\.ts$|\.md$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

/** @param {string} path @returns {string} */
function distOf(path) {
  return path.replace("/src/", "/dist/").replace(/\.ts$/, ".js");
}

/** Another process may be loading the same file: it finds the old text or the new one. @param {string} path @param {Uint8Array} contents */
function writeIfNew(path, contents) {
  try {
    if (readFileSync(path).equals(contents)) return;
  } catch {
    mkdirSync(dirname(path), { recursive: true });
  }
  const temporary = `${path}.${String(process.pid)}`;
  // Commands begin with a line that names their interpreter.
  writeFileSync(temporary, contents, { mode: contents[0] === 35 && contents[1] === 33 ? 0o755 : 0o644 });
  renameSync(temporary, path);
  // A map that a build has left belongs to another text.
  rmSync(`${path}.map`, { force: true });
}
