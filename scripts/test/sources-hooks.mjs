// The loader's hook: TypeScript becomes JavaScript once per text, and is kept in the folder that EVENKEEL_TEST_SOURCES names. Whoever cannot use the
// folder (another user, none named) transforms anew.
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = process.env["EVENKEEL_TEST_SOURCES"];

/** @type {import("node:module").LoadHook} */
export async function load(url, context, nextLoad) {
  const { pathname, protocol } = new URL(url);
  if (protocol !== "file:" || !/\.m?ts$/.test(pathname)) return nextLoad(url, context);
  const file = fileURLToPath(url);
  const text = await readFile(file, "utf8");
  const kept = folder === undefined ? null : join(folder, createHash("sha256").update(file).update("\0").update(text).digest("hex"));
  const known = kept === null ? null : await readFile(kept, "utf8").catch(() => null);
  return { format: "module", shortCircuit: true, source: known ?? await transformed(file, text, kept) };
}

/**
 * @param {string} file
 * @param {string} text
 * @param {string | null} kept
 * @returns {Promise<string>}
 */
async function transformed(file, text, kept) {
  const { transform } = await import("esbuild");
  const options = /** @type {const} */ ({ loader: "ts", format: "esm", target: "node20", sourcemap: "inline", sourcesContent: false });
  const { code } = await transform(text, { ...options, sourcefile: file });
  if (kept !== null) {
    // Whole or not at all: others may read it meanwhile.
    const draft = `${kept}.${String(process.pid)}`;
    await writeFile(draft, code).then(() => rename(draft, kept)).catch(() => undefined);
  }
  return code;
}
