// graphile-worker at its best documented settings (https://worker.graphile.org/docs/performance): local queue, batched
// completion, batched insertion through its SQL function.
import { drain, kill, together } from "./queue.ts";
import { fanout } from "./fanout.ts";
import { fold } from "./fold.ts";
import { latency } from "./latency.ts";
import { workflows } from "./workflows.ts";
import type { Contestant } from "../../harness/contract.ts";

const contestant: Contestant = { name: "graphile-worker", drain, together, fold, fanout, latency, kill, workflows };
export default contestant;
