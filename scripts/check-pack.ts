// `npm run check:pack`: builds and packs every published package, installs the tarballs in an empty project, and holds
// them to what a user needs: plain Node imports them, strict TypeScript understands them, their commands answer.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPackage } from "./build/build-package.ts";
import { installPacked } from "./build/installed-project.ts";
import { publishablePackages } from "./build/publishable.ts";
import { entriesOf } from "./structure/workspace.ts";
import { repositoryRoot } from "./test/run-file.ts";

const packages = publishablePackages(repositoryRoot);
const folder = mkdtempSync(join(tmpdir(), "pack-"));
const counts = { passed: 0, failed: 0 };
try {
  for (const one of packages) buildPackage(repositoryRoot, one.folder);
  const project = installPacked(repositoryRoot, folder, packages);
  for (const name of packages.flatMap((one) => [...entriesOf(one).keys()])) {
    holdNode(`${name} is imported by plain Node and exports something`, project, ["--input-type=module", "-e", importing(name)]);
    holdNode(`${name} brings declarations that strict TypeScript accepts`, project, typeChecking(project, name));
  }
  for (const command of commandsIn(project)) {
    hold(`the command ${command} answers --help`, project, join(project, "node_modules/.bin", command), ["--help"]);
  }
} catch (error) {
  counts.failed += 1;
  console.log(`FAILED building, packing or installing: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function hold(sentence: string, cwd: string, command: string, words: readonly string[]): void {
  const run = spawnSync(command, words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
  const fine = run.status === 0;
  counts[fine ? "passed" : "failed"] += 1;
  console.log(fine ? `ok   ${sentence}` : `FAILED ${sentence}\n${run.stdout}${run.stderr}`);
}

function holdNode(sentence: string, cwd: string, words: readonly string[]): void {
  hold(sentence, cwd, process.execPath, words);
}

function importing(name: string): string {
  const message = JSON.stringify(`${name} exports nothing`);
  return `const module = await import(${JSON.stringify(name)}); if (Object.keys(module).length === 0) throw new Error(${message});`;
}

/** Without skipLibCheck: a declaration that names a missing file or package fails here. */
function typeChecking(project: string, name: string): string[] {
  const file = join(project, "uses.ts");
  writeFileSync(file, `import * as module from ${JSON.stringify(name)};\nexport const used: object = module;\n`);
  const tsc = join(fileURLToPath(import.meta.resolve("typescript")), "../tsc.js");
  const types = ["--typeRoots", join(repositoryRoot, "node_modules/@types"), "--types", "node"];
  const strict = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--exactOptionalPropertyTypes"];
  return [tsc, ...strict, ...types, file];
}

function commandsIn(project: string): string[] {
  const own = packages.flatMap(({ folder: place }) => {
    const manifest: unknown = JSON.parse(readFileSync(join(repositoryRoot, place, "package.json"), "utf8"));
    const bin = typeof manifest === "object" && manifest !== null && "bin" in manifest ? manifest.bin : undefined;
    return typeof bin === "object" && bin !== null ? Object.keys(bin) : [];
  });
  const bin = join(project, "node_modules/.bin");
  const installed = existsSync(bin) ? readdirSync(bin) : [];
  const absent = own.find((command) => !installed.includes(command));
  if (absent !== undefined) throw new Error(`The command ${absent} was not installed.`);
  return own;
}
