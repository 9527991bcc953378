// Runs the command in a process of its own and ends it with the exit code, once everything written has left: whatever a stopped
// application still holds open must not keep the process.
import { runCommand } from "./run-command.ts";

export async function runProcess(words: readonly string[]): Promise<never> {
  const code = await runCommand(words);
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => {
    stream.write("", () => { resolve(); });
  })));
  process.exit(code);
}
