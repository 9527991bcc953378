// Temporal properties of what was explored: collects the behaviour graph and where each predicate holds while states are found, and says at
// the end which properties some fair endless run breaks. What was not explored is never taken for the end of a run: where the graph is not
// complete, a property that no run breaks is `bounded`, not `holds`.
import type { TemporalProperty } from "../space.ts";
import { isAcyclic } from "./acyclic.ts";
import type { Bits } from "./columns.ts";
import { bits } from "./columns.ts";
import type { FairSets } from "./fair-cases.ts";
import { fairnessClasses } from "./fairness-classes.ts";
import { fairSearch } from "./fair-components.ts";
import type { GraphRecorder } from "./graph.ts";
import { graphRecorder } from "./graph.ts";
import type { Lasso } from "./lasso.ts";
import { lasso } from "./lasso.ts";
import { obligationOf, openRegion } from "./obligation.ts";

export interface TemporalFinding {
  readonly name: string;
  /** `vacuous`: a `leadsTo` whose `from` is true of no state. */
  readonly outcome: "holds" | "bounded" | "violated" | "vacuous";
  readonly lasso: Lasso | null;
}

interface TemporalRecorder<State> extends Pick<GraphRecorder, "transition" | "left" | "expanded"> {
  /** The property whose code runs now or ran last. */
  readonly asking: string;
  /** A state that was stored, with its number: the first is 0, and none is left out. */
  stored(id: number, state: State, initial: boolean): void;
  /** Judges the properties in their order, each by itself. */
  conclude(): TemporalFinding[];
}

interface Tracked<State> {
  readonly property: TemporalProperty<State>;
  readonly goals: Bits;
  readonly froms: Bits;
  arisen: boolean;
}

/** @param fairness in terms of the numbers that transitions are told by; asked when everything was told. */
export function temporalRecorder<State>(properties: readonly TemporalProperty<State>[], fairness: () => FairSets): TemporalRecorder<State> {
  const recorder = graphRecorder();
  const graph = recorder.graph;
  const tracked = properties.map((property): Tracked<State> => ({ property, goals: bits(), froms: bits(), arisen: false }));
  let asking = "";

  return {
    get asking() {
      return asking;
    },
    transition: recorder.transition,
    left: recorder.left,
    expanded: recorder.expanded,
    stored(id, state, initial) {
      recorder.state(id, initial);
      for (const each of tracked) {
        asking = each.property.name;
        if (each.property.goal(state)) each.goals.add(id);
        if (each.property.kind === "leadsTo" && each.property.from(state)) {
          each.froms.add(id);
          each.arisen = true;
        }
      }
    },
    conclude() {
      if (tracked.length === 0) return [];
      const classes = fairnessClasses(fairness());
      const search = fairSearch(graph, classes, isAcyclic(graph));
      return tracked.map(({ property, goals, froms, arisen }): TemporalFinding => {
        const obligation = obligationOf(property.kind, goals.has, froms.has);
        const fair = search.search(openRegion(graph, obligation), obligation.visiting);
        const found = fair.found ? lasso(graph, classes, obligation, fair) : null;
        if (found !== null) return { name: property.name, outcome: "violated", lasso: found };
        const unbroken = property.kind === "leadsTo" && !arisen ? "vacuous" : "holds";
        return { name: property.name, outcome: graph.complete ? unbroken : "bounded", lasso: null };
      });
    },
  };
}
