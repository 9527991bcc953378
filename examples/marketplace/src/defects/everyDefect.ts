// All that is planted, in the order of the list that it comes from.
import { contextLost } from "./contextLost.ts";
import type { Defect } from "./defect.ts";
import { errorSwallowed } from "./errorSwallowed.ts";
import { keyWithoutTenant } from "./keyWithoutTenant.ts";
import { neverMoved } from "./neverMoved.ts";
import { releasedAgain } from "./releasedAgain.ts";
import { reservedAgain } from "./reservedAgain.ts";
import { sameKeyOtherBody } from "./sameKeyOtherBody.ts";
import { staleSweep } from "./staleSweep.ts";
import { stuckInProgress } from "./stuckInProgress.ts";
import { threeWrites } from "./threeWrites.ts";
import { toldTwice } from "./toldTwice.ts";
import { transportIds } from "./transportIds.ts";
import { unknownIsFailure } from "./unknownIsFailure.ts";

export const EVERY_DEFECT: readonly Defect[] = [
  contextLost, neverMoved, errorSwallowed, unknownIsFailure, reservedAgain, releasedAgain, threeWrites,
  stuckInProgress, staleSweep, sameKeyOtherBody, keyWithoutTenant, transportIds, toldTwice,
];
