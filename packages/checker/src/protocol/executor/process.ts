// One process of the delivery protocol: feeds the shipping machine, and notes its requests as a driver would send them.
import { executor, type ExecutorRequest } from "@evenkeel/core/engine";
import type { CommitResult } from "@evenkeel/core/spi";
import { forfeited, givenBack, replaced } from "../owners.ts";
import { SHIPPING, type Rules } from "../rules.ts";
import type { DeliveryWorld, Input, Process } from "./world.ts";

/** What is explored: as it ships, or with one thing broken on purpose. */
export interface Engine {
  readonly rules: Rules;
  readonly step: typeof executor;
  /** What the driver makes of an answer. */
  readonly heard: (result: CommitResult) => CommitResult;
  /** Whether what stands behind a failure in its batch queues. */
  readonly queues: boolean;
}

export const ENGINE: Engine = { rules: SHIPPING, step: executor, heard: (result) => result, queues: true };

export function feed(engine: Engine, world: DeliveryWorld, index: number, input: Input): DeliveryWorld {
  const process = world.owners[index];
  if (process?.machine == null) return world;
  let { machine, held, wakeAt } = process;
  const flights: Process["flights"][number][] = [...process.flights];
  const inputs: Input[] = [input];
  for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
    wakeAt = null;
    const step = engine.step(machine, { ...next, nowMs: world.nowMs });
    machine = step.state;
    for (const request of step.requests) perform(request);
  }
  const { marking, deciding } = machine;
  // The machine does not listen to these any more: their answers change nothing.
  const heard = flights.filter((flight) =>
    (flight.kind !== "decide" || deciding?.id === flight.request.batch) &&
    (flight.kind !== "mark" || flight.answer === null || marking?.id === flight.request.batch));
  return replaced(world, index, { id: process.id, machine, held, flights: heard, wakeAt });

  function perform(request: ExecutorRequest): void {
    switch (request.kind) {
      case "read": return void flights.push({ kind: "read", request, answer: null });
      case "readParked": return void flights.push({ kind: "readParked", request, answer: null });
      case "applyControls": return void flights.push({ kind: "applyControls", request, answer: null });
      case "mark": return void flights.push({ kind: "mark", request, answer: null });
      case "decide": return void flights.push({ kind: "decide", request });
      case "commit": return void flights.push({ kind: "commit", request, answer: null });
      case "forfeit": {
        // The ownership loop forgets them, says so, and takes anew at its next look what is still its own.
        const rest = forfeited(held, request.partitions);
        held = rest.held;
        if (rest.ours.length > 0) inputs.push({ kind: "lost", partitions: rest.ours });
        return;
      }
      case "release": {
        const rest = givenBack(held, request.fences);
        held = rest.held;
        if (rest.ours.length > 0) flights.push({ kind: "release", fences: rest.ours });
        return;
      }
      case "wait": wakeAt = request.untilMs; return;
      case "parked": case "losing": case "joinEnded": case "drained": return;
    }
  }
}
