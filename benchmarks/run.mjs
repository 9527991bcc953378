// Starts the benchmarks: installs their own dependencies on first use and hands over to the Node 22 binary that comes
// with them, because both peers ask for Node 22 or newer. It measures nothing itself.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const here = dirname(fileURLToPath(import.meta.url));
const node22 = join(here, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

if (!existsSync(node22) || !["pg-boss", "cockatiel", "opossum", "openworkflow"].every((name) => existsSync(join(here, "node_modules", name)))) {
  process.stderr.write("bench: first use, running `npm ci` in benchmarks/\n");
  // The Node binary arrives through the install script of the package `node`; without scripts it would be missing.
  const npm = spawnSync("npm", ["ci", "--ignore-scripts=false", "--no-audit", "--no-fund"], {
    cwd: here,
    stdio: ["ignore", 2, 2],
  });
  if (npm.status !== 0 || !existsSync(node22)) {
    process.stderr.write(
      "bench: `npm ci` in benchmarks/ failed or brought no Node 22; run it there by hand and look at its output\n",
    );
    process.exit(1);
  }
}

// One clean environment for everybody: no loader or inspector options of the caller reach the processes that are measured.
const { NODE_OPTIONS: _dropped, ...env } = process.env;
const run = spawn(
  node22,
  [
    "--conditions=evenkeel-source",
    "--disable-warning=ExperimentalWarning",
    join(here, "harness", "main.ts"),
    ...process.argv.slice(2),
  ],
  {
    cwd: here,
    stdio: "inherit",
    env,
  },
);
// A terminal interrupts both; whoever ends this one alone means the other, which has a server to stop.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => run.kill("SIGTERM"));
run.on("exit", (code) => process.exit(code ?? 1));
