// The program of the watcher process. Its arguments are written by start-watcher.ts of the same version.
import { frontOf, homeOf } from "./home.ts";
import { endBereft } from "./shut-down.ts";
import { watch } from "./watch.ts";

const [folder = "", base = "", postmasterPid = "", idleStopMs = ""] = process.argv.slice(2);
const home = homeOf(frontOf(folder), base);
try {
  await watch(home, Number(postmasterPid), Number(idleStopMs));
} catch {
  // The folder was deleted while it was being read, or the server did not stop: the next start brings a new watcher.
  process.exitCode = 1;
}
await endBereft(home, Number(postmasterPid));
