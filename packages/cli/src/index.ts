// The public names of @evenkeel/cli, listed by hand.

// The command: in a process of its own, or inside a program.
export { runProcess } from "./run-process.ts";
export { runCommand } from "./run-command.ts";
export type { Surroundings } from "./command.ts";

// What a file given to `evenkeel worker` is handed.
export type { WorkerOptions } from "./load-app.ts";

// The codes of errors that only the command has.
export { cliErrorCodes } from "./errors.ts";
