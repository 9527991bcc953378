// Where another program of the marketplace stands: beside the one that runs, and in the same language.
import { fileURLToPath } from "node:url";

/** @example siblingProgram(import.meta.url, "./main") // => "/shop/src/provider/main.ts", or ".../dist/provider/main.js" */
export function siblingProgram(own: string, path: string): string {
  return fileURLToPath(new URL(`${path}${own.endsWith(".ts") ? ".ts" : ".js"}`, own));
}
