// A worker process: runs the marketplace's services until its standard input closes, so that it never outlives whoever started it.
import { parseArgs } from "node:util";
import { STYLES } from "./marketplace.ts";
import { openMarketplace } from "./run/openMarketplace.ts";
import { workOf } from "./run/workOf.ts";

const { values } = parseArgs({
  options: { folder: { type: "string", default: ".evenkeel/marketplace" }, schema: { type: "string" }, provider: { type: "string" }, style: { type: "string" } },
});
const style = STYLES.find((one) => one === values.style);
if (values.schema === undefined || values.provider === undefined || style === undefined) {
  console.error("worker.ts is started by the marketplace: it needs --schema NAME, --provider URL and --style STYLE.");
  process.exit(2);
}
const place = { database: process.env["MARKETPLACE_DATABASE_URL"] ?? null, folder: values.folder, schema: values.schema, style };
const app = await openMarketplace(place, values.provider);
await app.start();
console.log(JSON.stringify({ ready: true }));

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const work = workOf(app.stats);
  await app.stop();
  console.log(JSON.stringify(work));
  process.exit(0);
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => undefined); // the parent hears of it too, and closes our input
process.stdin.on("end", () => void stop()).on("error", () => void stop()).resume();
