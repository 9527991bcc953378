// Where transformed sources are kept between runs: a folder of this user alone below the system's temporary one, so that no other user can plant code.
// What was not written anew for a week is dropped.
import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const KEPT_MS = 7 * 24 * 3_600_000;

/** The folder (in a run inside a test, the one of the run outside), or undefined where somebody else has made it: then nothing is kept. */
export function keptSources(): string | undefined {
  const given = process.env["EVENKEEL_TEST_SOURCES"];
  if (given !== undefined) return given;
  const { uid } = userInfo();
  const folder = join(tmpdir(), `evenkeel-sources-${String(uid)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) return undefined;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > KEPT_MS) rmSync(path, { force: true });
  }
  return folder;
}
