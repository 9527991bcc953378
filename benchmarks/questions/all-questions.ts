// The list of questions, in the order in which they are asked.
import { drain } from "./drain.ts";
import { together } from "./together.ts";
import { fold } from "./fold.ts";
import { fanout } from "./fanout.ts";
import { latency } from "./latency.ts";
import { kill } from "./kill.ts";
import { pinned } from "./pinned.ts";
import { hotkey } from "./hotkey.ts";
import { marketplace } from "./marketplace.ts";
import { commitdelay } from "./commitdelay.ts";
import { policy } from "./policy.ts";
import { workflows } from "./workflows.ts";
import { workflowkill } from "./workflowkill.ts";
import { sleepers } from "./sleepers.ts";
import type { Question } from "../harness/question.ts";

export const questions: readonly Question[] = [
  drain, together, fold, fanout, latency, kill, pinned, hotkey, marketplace, commitdelay, policy, workflows, workflowkill, sleepers,
];
