// `evenkeel doctor`: looks for what harms a log, names the thing at fault and its cure. It changes nothing.
import { show, type Command } from "../command.ts";
import { findings, type Finding } from "../findings.ts";
import { look } from "../look.ts";
import { withOperator } from "../open-database.ts";
import { printable } from "../table.ts";

const OPEN_SECONDS = 60;
const LAG = 1_000;

export const doctor: Command = {
  name: "doctor",
  summary: "looks for what is wrong, and says how to cure it",
  positional: "",
  options: {
    "open-seconds": { value: "N", help: `how long a transaction may be open; default ${String(OPEN_SECONDS)}` },
    lag: { value: "N", help: `how many messages a service may be behind; default ${String(LAG)}` },
  },
  details: [
    "Looks at the server's version, what holds back vacuum, idle transactions, whether hints arrive, workers, lag, leases, parked " +
    "keys and calls. Ends with exit code 1 if there is a problem.",
  ],
  examples: ["evenkeel doctor", "evenkeel doctor --json | jq '.findings[] | select(.level == \"problem\")'"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const { given } = invocation;
    const limits = { openMs: (given.number("open-seconds", 0, 1e9) ?? OPEN_SECONDS) * 1_000, lag: given.number("lag", 0, 1e12) ?? LAG };
    const [diagnosis, seen] = await Promise.all([operator.diagnose(), look(operator)]);
    const found = findings(diagnosis, seen, limits);
    const problems = found.filter((one) => one.level === "problem").length;
    const sum = problems === 0 ? "No problem was found." : `${String(problems)} ${problems === 1 ? "problem" : "problems"}.`;
    show(invocation, { problems, findings: found }, `${found.map(lineOf).join("")}${sum}\n`);
    return problems === 0 ? 0 : 1;
  }),
};

function lineOf({ check, level, message, cure }: Finding): string {
  const line = `${level.padEnd(7)}  ${check}: ${printable(message)}\n`;
  return cure === null ? line : `${line}${" ".repeat(9)}-> ${printable(cure)}\n`;
}
