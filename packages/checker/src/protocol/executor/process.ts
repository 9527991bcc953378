// One process of the delivery protocol: feeds the shipping machine, and notes its requests as a driver would send them.
import { executor, type ExecutorRequest } from "@evenkeel/core/engine";
import type { Commit, CommitResult, Fence } from "@evenkeel/core/spi";
import { isCurrent, onFork, SHIPPING, type Rules } from "../rules.ts";
import type { DeliveryWorld, Flight, Input, Process } from "./world.ts";

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

export function replaced(world: DeliveryWorld, index: number, process: Process): DeliveryWorld {
  return { ...world, processes: world.processes.map((one, at) => at === index ? process : one) };
}

function withFlights(world: DeliveryWorld, index: number, change: (flights: readonly Flight[]) => readonly Flight[]): DeliveryWorld {
  return { ...world, processes: world.processes.map((one, at) => at === index ? { ...one, flights: change(one.flights) } : one) };
}

export function sent(world: DeliveryWorld, index: number, flight: Flight): DeliveryWorld {
  return withFlights(world, index, (flights) => [...flights, flight]);
}

export function without(world: DeliveryWorld, index: number, flight: Flight): DeliveryWorld {
  return withFlights(world, index, (flights) => flights.filter((one) => one !== flight));
}

export function patched(world: DeliveryWorld, index: number, flight: Flight, by: Flight): DeliveryWorld {
  return withFlights(world, index, (flights) => flights.map((one) => one === flight ? by : one));
}

/** A commit reaches the store. */
export function landed(engine: Engine, world: DeliveryWorld, commit: Commit): { readonly world: DeliveryWorld; readonly result: CommitResult } {
  const current = isCurrent(world.store, commit.worker, commit.fences);
  const { store, result } = onFork(world.store, world.nowMs, "work", (memory) => engine.rules.commit(memory, commit));
  return { world: { ...world, store, trespass: world.trespass || (result.kind === "committed" && !current) }, result };
}

export function feed(engine: Engine, world: DeliveryWorld, index: number, input: Input): DeliveryWorld {
  const process = world.processes[index];
  if (process?.machine == null) return world;
  let { machine, held, wakeAt } = process;
  const flights: Flight[] = [...process.flights];
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
        const ours = request.partitions.filter((partition) => held.has(partition));
        held = new Map([...held].filter(([partition]) => !ours.includes(partition)));
        if (ours.length > 0) inputs.push({ kind: "lost", partitions: ours });
        return;
      }
      case "release": {
        const ours = request.fences.filter(({ partition, epoch }: Fence) => held.get(partition) === epoch);
        held = new Map([...held].filter(([partition]) => !ours.some((fence) => fence.partition === partition)));
        if (ours.length > 0) flights.push({ kind: "release", fences: ours });
        return;
      }
      case "wait": wakeAt = request.untilMs; return;
      case "parked": case "losing": case "drained": return;
    }
  }
}
