// The protocol of timers as a subject: set, replace, cancel, fire, takeover; and what must hold of it.
import type { Subject } from "../../space.ts";
import { subjectOf } from "../protocol.ts";
import { leasesOf } from "../rules.ts";
import { timersForm } from "./form.ts";
import { expandTimers, isFired, TIMER_ENGINE, TIMER_MOVES, type TimerEngine } from "./moves.ts";
import { newTimersWorld, type TimerScope, type TimersWorld } from "./world.ts";

function firedIds({ store }: TimersWorld): string[] {
  return store.log.flat().map(({ id }) => id);
}

export function timers(name: string, scope: TimerScope, engine: TimerEngine = TIMER_ENGINE): Subject<TimersWorld> {
  return subjectOf({
    name,
    initial: newTimersWorld(scope),
    moves: TIMER_MOVES,
    expand: (world, next) => { expandTimers(engine, scope, world, next); },
    form: timersForm,
    invariants: [
      { name: "a timer fires once", holds: (world) => new Set(firedIds(world)).size === firedIds(world).length },
      {
        name: "a cancelled or replaced timer does not fire",
        holds: (world) => world.timers.every(({ message, ended }) => !ended || !isFired(world, message)),
      },
      { name: "no timer fires early", holds: (world) => world.timers.every(({ message, dueAt }) => dueAt <= world.nowMs || !isFired(world, message)) },
      {
        name: "a timer that neither fired nor ended is kept",
        holds: (world) => {
          const kept = new Set([...world.store.timers.values()].map(({ message }) => message.id));
          return world.timers.every(({ message, ended }) => ended || isFired(world, message) || kept.has(message));
        },
      },
      { name: "whoever was replaced commits nothing", holds: ({ trespass }) => !trespass },
    ],
    steps: [],
    witnesses: [{ name: "a timer fired", holds: (world) => firedIds(world).length > 0 }],
    done: (world) => world.owners.every(({ machine }) => machine === null)
      || (world.commands === scope.script.length && world.timers.every(({ message, ended }) => ended || isFired(world, message))),
    assumptions: [
      "the store's operations are atomic, each a step of the in-memory reference form",
      "clocks move together, by the longest delay at once",
      "looks for timers where there are none are left out",
    ],
    show: (world) => ({
      leases: leasesOf(world.store).slice(0, -1).map(({ worker, epoch }) => `${worker ?? "nobody"} in epoch ${String(epoch)}`),
      rows: [...world.store.timers.values()].map(({ message, due }) => `${message.id}${due <= world.nowMs ? ", due" : ""}`),
      fired: firedIds(world),
      owners: world.owners.map(({ id, machine, flights }) => machine === null ? `${id} is gone` : `${id}: ${flights.map(({ kind }) => kind).join(", ")}`),
      strays: world.strays.length,
    }),
  });
}
