#!/usr/bin/env node
// The `evenkeel` command of npm's users. All it does is run @evenkeel/cli.
import { runProcess } from "@evenkeel/cli";

await runProcess(process.argv.slice(2));
