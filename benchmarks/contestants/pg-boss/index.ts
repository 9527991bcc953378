// pg-boss at its best documented settings: a queue with its own partition, batch insertion without ids sent back, batch
// handlers, LISTEN/NOTIFY where latency counts.
import { drain, kill, together } from "./queue.ts";
import { fanout } from "./fanout.ts";
import { fold } from "./fold.ts";
import { latency } from "./latency.ts";
import { workflows } from "./workflows.ts";
import type { Contestant } from "../../harness/contract.ts";

const contestant: Contestant = { name: "pg-boss", drain, together, fold, fanout, latency, kill, workflows };
export default contestant;
