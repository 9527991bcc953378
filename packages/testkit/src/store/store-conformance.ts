// storeConformance: every promise of the store's interface as a case, in one list that any store can be held against.
import { breakerCases } from "./breaker-cases.ts";
import { callControlCases } from "./call-control-cases.ts";
import { callCases } from "./call-cases.ts";
import { commitCases } from "./commit-cases.ts";
import type { ConformanceCase } from "./store-fixture.ts";
import { documentCases } from "./document-cases.ts";
import { handoverCases } from "./handover-cases.ts";
import { leaseCases } from "./lease-cases.ts";
import { modelCases } from "./model-cases.ts";
import { operatorCases } from "./operator-cases.ts";
import { ownershipCases } from "./ownership-cases.ts";
import { parkedCases } from "./parked-cases.ts";
import { prepareCases } from "./prepare-cases.ts";
import { publishCases } from "./publish-cases.ts";
import { raceCases } from "./race-cases.ts";
import { readCases } from "./read-cases.ts";
import { revivalCases } from "./revival-cases.ts";
import { timerCases } from "./timer-cases.ts";

/**
 * The conformance suite of the store SPI. Each case opens stores of its own, judges one promise with its own assertions, and closes
 * what it opened; cases may run in any order, and at the same time if the fixture's stores do not share data. The cases in which
 * leases run out take a few seconds each; none asserts that something is fast.
 *
 * @example
 * for (const { name, run } of storeConformance) test(name, () => run(fixture)); // node:test
 */
export const storeConformance: readonly ConformanceCase[] = [
  ...prepareCases, ...publishCases, ...handoverCases, ...readCases, ...documentCases, ...ownershipCases, ...leaseCases, ...commitCases, ...callCases,
  ...callControlCases, ...revivalCases, ...breakerCases, ...timerCases, ...parkedCases, ...operatorCases, ...raceCases, ...modelCases,
];
