// The least SQL that does each task: the floor that the database sets, written with node-postgres and nothing else. No
// validation, no retries, no routing, no leases: what a product adds costs what lies between its row and this one.
import { drain, together } from "./log.ts";
import { fanout } from "./fanout.ts";
import { fold } from "./fold.ts";
import { latency } from "./latency.ts";
import { kill } from "./kill.ts";
import type { Contestant } from "../../harness/contract.ts";

const contestant: Contestant = { name: "least-sql", drain, together, fold, fanout, latency, kill };
export default contestant;
