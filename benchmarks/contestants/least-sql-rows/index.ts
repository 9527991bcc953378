// The least SQL in its textbook forms: rows that node-postgres hands over one by one, a queue that deletes what it takes, a transaction
// per batch. least-sql beside it is what the server could do at best, with whole batches as one JSON text and folds in the server; most
// hand-written queues are like this one. latency and kill would be the same in both and are asked of the other only.
import { drain, together } from "./queue.ts";
import { fanout } from "./fanout.ts";
import { fold } from "./fold.ts";
import type { Contestant } from "../../harness/contract.ts";

const contestant: Contestant = { name: "least-sql-rows", drain, together, fold, fanout };
export default contestant;
