// DBOS Transact, asked about workflows only.
import { workflows } from "./workflows.ts";
import type { Contestant } from "../../harness/contract.ts";

const contestant: Contestant = { name: "dbos", workflows };
export default contestant;
