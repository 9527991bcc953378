// An hour hand. After specifications/SpecifyingSystems/HourClock/HourClock.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { range } from "../persistent.ts";

export function hourClock() {
  return model({
    name: "hour clock",
    init: range(1, 12),
    actions: { tick: (hour, next) => next((hour % 12) + 1) },
    invariants: { "on the face": (hour) => hour >= 1 && hour <= 12 },
  });
}
