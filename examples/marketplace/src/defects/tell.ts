// Tells how a defect is found: the report of its check with the shortest way to what breaks.
//   node --conditions=evenkeel-source --import tsx examples/marketplace/src/defects/tell.ts 6
import { reportText } from "@evenkeel/checker";
import { EVERY_DEFECT } from "./everyDefect.ts";

const [kind = ""] = process.argv.slice(2);
const defect = EVERY_DEFECT.find((one) => one.kind === kind);
if (defect === undefined) {
  console.error(`There is no defect "${kind}": name one of ${EVERY_DEFECT.map((one) => `"${one.kind}"`).join(", ")}.`);
  process.exitCode = 1;
} else {
  console.log(`${defect.failure}.\nPlanted: ${defect.planted}.\n`);
  console.log(reportText(await defect.broken.explore()));
}
