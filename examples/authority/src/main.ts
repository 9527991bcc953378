// Checks both variants and prints every figure: what breaks the obvious design, by the shortest way, and that nothing breaks the mended one.
import { check, reportText } from "@evenkeel/checker";
import { atomic, choreographed } from "./scenarios.ts";

for (const rule of ["RPS", "TAR", "APC"] as const) process.stdout.write(`${reportText(await check(choreographed(["u0"], rule)))}\n`);
process.stdout.write(`${reportText(await check(atomic(["u0", "u1"], "essentials")))}\n`);
process.stdout.write(`${reportText(await check(atomic(["u0"], "everything")))}\n`);
