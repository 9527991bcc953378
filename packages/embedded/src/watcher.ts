// The program of the watcher process. Its arguments are written by start-watcher.ts of the same version.
import { frontOf, homeOf } from "./home.ts";
import { watch } from "./watch.ts";

const [folder = "", base = "", postmasterPid = "", idleStopMs = ""] = process.argv.slice(2);
try {
  await watch(homeOf(frontOf(folder), base), Number(postmasterPid), Number(idleStopMs));
} catch {
  // The folder was deleted, or cannot be read any more. PostgreSQL notices that itself and ends within a minute;
  // the next start of any client brings a new watcher.
  process.exitCode = 1;
}
