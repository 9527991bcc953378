// The protocol of calls that begin without a row, as a subject: both machines of a group in each process, beside documents that tell of the calls.
import { join } from "../join/join.ts";
import { JOIN_ENGINE, type JoinEngine } from "../join/process.ts";
import { isAtRest } from "../join/properties.ts";
import { effectsOf, type JoinScope, type JoinWorld } from "../join/world.ts";
import type { Subject } from "../../space.ts";
import { countedOf, isSettled, unrecordedInvariants } from "./properties.ts";

function areAtOnce({ owners }: JoinWorld): boolean {
  return owners.some(({ flights }) => {
    const keys = flights.flatMap((flight) => flight.kind === "perform" ? [flight.request.call.routingKey] : []);
    return new Set(keys).size < keys.length;
  });
}

export function unrecorded(name: string, scope: JoinScope, engine: JoinEngine = JOIN_ENGINE): Subject<JoinWorld> {
  const subject = join(name, scope, engine);
  const rests = isAtRest(scope);
  const done = (world: JoinWorld): boolean => rests(world) && (world.owners.every(({ machine }) => machine === null) || isSettled(scope, world));
  return {
    ...subject,
    properties: {
      ...subject.properties,
      invariants: unrecordedInvariants(),
      deadlock: { done },
      witnesses: [
        { name: "an outcome counts", holds: (world) => countedOf(world).length > 0 },
        ...(scope.losses + scope.troubles + scope.faults + scope.handovers === 0 && scope.refusals < 2 ? [] : [
          { name: "a call goes on with a row", holds: ({ store }: JoinWorld) => effectsOf(store).some(({ kind }) => kind === "revived") },
        ]),
        ...(Object.values(scope.unrecorded?.first ?? {}).every((calls) => calls.length < 2) ? [] : [
          { name: "calls of one key are under way at the same time", holds: areAtOnce },
        ]),
      ],
    },
    assumptions: subject.assumptions.map((one) => one.startsWith("what the provider says") ? "what the provider says is true" : one),
  };
}
