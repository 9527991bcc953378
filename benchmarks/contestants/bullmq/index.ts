// BullMQ, asked about workflows only, on a Redis that the harness starts.
import { workflows } from "./workflows.ts";
import type { Contestant } from "../../harness/contract.ts";

const contestant: Contestant = { name: "bullmq", workflows };
export default contestant;
