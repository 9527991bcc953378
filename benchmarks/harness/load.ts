// Finds contestants/<name>/index.ts and its default export. A missing folder or file is an answer (null), never an error.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { isObject } from "./json.ts";
import type { Contestant } from "./contract.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "contestants");

export async function loadContestant(name: string): Promise<Contestant | null> {
  const path = join(root, name, "index.ts");
  if (!existsSync(path)) return null;
  const loaded: unknown = await import(path);
  const found = isObject(loaded) ? loaded["default"] : undefined;
  if (!isContestant(found))
    throw new Error(`contestants/${name}/index.ts must default-export a Contestant (see harness/contract.ts)`);
  return found;
}

const isContestant = (value: unknown): value is Contestant => isObject(value) && typeof value["name"] === "string";
