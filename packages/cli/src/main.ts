// The command itself, for running the sources in place: npm's users get the same through the package `evenkeel`.
import { runProcess } from "./run-process.ts";

await runProcess(process.argv.slice(2));
