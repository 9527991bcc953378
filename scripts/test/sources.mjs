// Lets a test's process, and the processes that it starts with its own options, run TypeScript: `--import` this file. It does what tsx does for this
// repository at a third of the start-up time, which hundreds of short processes pay. Sources need no more than their types taken out: imports name
// files with their extension. Refuses everything but that; users of the repository start programs with tsx.
import { register } from "node:module";

register("./sources-hooks.mjs", import.meta.url);
