// People call elevators and ride them. After specifications/MultiCarElevator/Elevator.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import type { Action } from "../../index.ts";
import { each, family } from "../family.ts";
import { at, range, replaced, sequences } from "../persistent.ts";

type Direction = "up" | "down";

interface Person {
  /** A floor, or -1 - n inside elevator n. */
  readonly place: number;
  readonly destination: number;
  readonly waiting: boolean;
}

interface Elevator {
  readonly floor: number;
  readonly direction: Direction | null;
  readonly open: boolean;
  /** Floors whose button is pressed, as bits. */
  readonly buttons: number;
}

interface Call {
  readonly floor: number;
  readonly direction: Direction;
}

interface State {
  readonly people: readonly Person[];
  /** As bits: see `bit`. */
  readonly calls: number;
  readonly elevators: readonly Elevator[];
}

interface Constants {
  readonly people: number;
  readonly elevators: number;
  readonly floors: number;
  /** Whether to ask that everybody who waits is carried. */
  readonly endless?: boolean;
}

const towards = (from: number, to: number): Direction => (to > from ? "up" : "down");
const inside = (elevator: number) => -1 - elevator;
const nameOf = ({ floor, direction }: Call) => `${floor} ${direction}`;
const bit = ({ floor, direction }: Call) => 1 << (2 * floor + (direction === "up" ? 1 : 0));

export function elevator({ people, elevators, floors, endless = false }: Constants) {
  const everyFloor = range(1, floors);
  const everyPerson = range(0, people - 1);
  const everyElevator = range(0, elevators - 1);
  const everyCall = everyFloor.flatMap((floor): Call[] => [{ floor, direction: "up" }, { floor, direction: "down" }]);
  const serves = ({ floor, direction }: Elevator, call: Call) => floor === call.floor && direction === call.direction;
  const gettingOn = (s: State, { floor, direction }: Elevator) => everyPerson.filter((p) => {
    const { place, destination, waiting } = at(s.people, p);
    return direction !== null && place === floor && waiting && towards(place, destination) === direction;
  });
  const gettingOff = (s: State, e: number) => everyPerson.filter((p) => {
    const { place, destination } = at(s.people, p);
    return place === inside(e) && destination === at(s.elevators, e).floor;
  });
  const nextFloor = ({ floor, direction }: Elevator) => (direction === "up" ? floor + 1 : floor - 1);
  const called = (s: State, elevator: Elevator) => everyCall.some((call) => (s.calls & bit(call)) !== 0 && serves(elevator, call));
  const mayOpen = (s: State, elevator: Elevator) => !elevator.open && (called(s, elevator) || (elevator.buttons & (1 << elevator.floor)) !== 0);
  const withElevator = (s: State, e: number, change: Partial<Elevator>): State => {
    const after: Elevator = { ...at(s.elevators, e), ...change };
    return { ...s, elevators: replaced(s.elevators, e, after) };
  };
  const withPeople = (s: State, who: readonly number[], change: Partial<Person>): State =>
    ({ ...s, people: s.people.map((person, p) => (who.includes(p) ? { ...person, ...change } : person)) });
  const actions: Readonly<Record<string, Action<State>>> = {
    ...family("pick destination", everyPerson, (p) => (s, next) => {
      const { place, waiting } = at(s.people, p);
      if (!waiting && place > 0) for (const floor of everyFloor) if (floor !== place) next(withPeople(s, [p], { destination: floor }));
    }),
    ...family("call", everyPerson, (p) => (s, next) => {
      const { place, destination, waiting } = at(s.people, p);
      if (waiting || place === destination) return;
      const call: Call = { floor: place, direction: towards(place, destination) };
      const there = s.elevators.some((elevator) => serves(elevator, call) && elevator.open);
      next({ ...withPeople(s, [p], { waiting: true }), calls: there ? s.calls : s.calls | bit(call) });
    }),
    ...family("open", everyElevator, (e) => (s, next) => {
      const elevator = at(s.elevators, e);
      const { floor, direction, buttons } = elevator;
      if (!mayOpen(s, elevator)) return;
      const calls = direction === null ? s.calls : s.calls & ~bit({ floor, direction });
      next({ ...withElevator(s, e, { open: true, buttons: buttons & ~(1 << floor) }), calls });
    }),
    ...family("enter", everyElevator, (e) => (s, next) => {
      const elevator = at(s.elevators, e);
      const who = gettingOn(s, elevator);
      if (!elevator.open || who.length === 0) return;
      const buttons = who.reduce((bits, p) => bits | (1 << at(s.people, p).destination), elevator.buttons);
      next(withElevator(withPeople(s, who, { place: inside(e) }), e, { buttons }));
    }),
    ...family("exit", everyElevator, (e) => (s, next) => {
      const who = gettingOff(s, e);
      const { open, floor } = at(s.elevators, e);
      if (open && who.length > 0) next(withPeople(s, who, { place: floor, waiting: false }));
    }),
    ...family("close", everyElevator, (e) => (s, next) => {
      const elevator = at(s.elevators, e);
      if (elevator.open && gettingOn(s, elevator).length + gettingOff(s, e).length === 0) next(withElevator(s, e, { open: false }));
    }),
    ...family("move", everyElevator, (e) => (s, next) => {
      const elevator = at(s.elevators, e);
      if (elevator.direction === null || elevator.open || (elevator.buttons & (1 << elevator.floor)) !== 0) return;
      const needed = everyCall.some((call) => (s.calls & bit(call)) !== 0 && serves(elevator, call) &&
        !s.elevators.some((other) => other !== elevator && serves(other, call)));
      if (!needed && everyFloor.includes(nextFloor(elevator))) next(withElevator(s, e, { floor: nextFloor(elevator) }));
    }),
    ...family("stop", everyElevator, (e) => (s, next) => {
      const elevator = at(s.elevators, e);
      const last = !everyFloor.includes(nextFloor(elevator));
      if (!mayOpen(s, elevator) && !elevator.open && last) next(withElevator(s, e, { direction: null }));
    }),
    ...family("dispatch", everyCall.map(nameOf), (name) => (s, next) => {
      const call = everyCall.find((one) => nameOf(one) === name);
      if (call === undefined || (s.calls & bit(call)) === 0) return;
      const [first, ...others] = everyElevator.filter((e) => {
        const { floor, direction } = at(s.elevators, e);
        return direction === null || (direction === call.direction && (floor === call.floor || towards(floor, call.floor) === call.direction));
      });
      if (first === undefined) return;
      const away = (e: number) => Math.abs(at(s.elevators, e).floor - call.floor);
      const closest = others.reduce((best, e) => (away(e) < away(best) ? e : best), first);
      next(at(s.elevators, closest).direction === null ? withElevator(s, closest, call) : s);
    }),
  };
  const useful = everyCall.filter(({ floor, direction }) => everyFloor.includes(direction === "up" ? floor + 1 : floor - 1));
  const served = Object.fromEntries(useful.map((call) => [`call ${nameOf(call)} is served`, {
    from: (s: State) => (s.calls & bit(call)) !== 0,
    to: (s: State) => s.elevators.some((one) => serves(one, call)),
  }]));
  const carried = Object.fromEntries(everyPerson.map((p) => [`person ${p} is carried`, {
    from: (s: State) => at(s.people, p).waiting,
    to: (s: State) => at(s.people, p).place === at(s.people, p).destination,
  }]));
  return model({
    name: "elevators",
    init: function* (): Iterable<State> {
      for (const places of sequences(everyFloor, people)) {
        for (const destinations of sequences(everyFloor, people)) {
          for (const parked of sequences(everyFloor, elevators)) {
            yield {
              people: everyPerson.map((p) => ({ place: at(places, p), destination: at(destinations, p), waiting: false })),
              calls: 0,
              elevators: parked.map((floor) => ({ floor, direction: null, open: false, buttons: 0 })),
            };
          }
        }
      }
    },
    actions,
    invariants: {
      "a button is pressed by somebody inside": (s) => s.elevators.every(({ buttons }, e) =>
        everyFloor.every((floor) => (buttons & (1 << floor)) === 0 || s.people.some((p) => p.place === inside(e) && p.destination === floor))),
      "who is inside is carried towards the destination": (s) => s.people.every(({ place, destination }) => {
        const carrier = s.elevators[inside(place)];
        return place > 0 || carrier === undefined || carrier.floor === destination || carrier.direction === towards(carrier.floor, destination);
      }),
      "somebody waits where there is a call": (s) => everyCall.every((call) => (s.calls & bit(call)) === 0 ||
        s.people.some((p) => p.waiting && p.place === call.floor && towards(p.place, p.destination) === call.direction)),
    },
    ...(endless ? { leadsTo: { ...served, ...carried } } : {}),
    fairness: {
      weak: [...each("call", everyPerson), ...["open", "enter", "exit", "stop"].flatMap((name) => each(name, everyElevator))],
      strong: [...["close", "move"].flatMap((name) => each(name, everyElevator)), ...each("dispatch", everyCall.map(nameOf))],
    },
  });
}
