// Shortest ways through the behaviour graph, as lists of edges (breadth-first, so a way of fewest steps; ties go to the first edge). They
// are real paths: each edge starts where the one before ended.
import type { BehaviourGraph } from "./graph.ts";
import { OUTSIDE } from "./graph.ts";
import type { Obligation } from "./obligation.ts";

export interface Move {
  readonly action: number;
  readonly state: number;
}

export interface Way {
  readonly start: number;
  readonly moves: readonly Move[];
}

const NOWHERE = 0xffff_ffff;

/** From an initial state to a state that is wanted, with an obligation that arises on the way (or in the initial state) and stays open. */
export function wayToOpen(graph: BehaviourGraph, obligation: Obligation, wanted: (state: number) => boolean): Way | null {
  // Nodes: a state before the obligation arose, and (+ size) one with it open. Between the two of a state there is no step.
  const size = graph.size;
  const before = new Uint32Array(2 * size).fill(NOWHERE);
  const by = new Uint32Array(2 * size);
  const queue: number[] = [];
  const add = (node: number, from: number, edge: number): void => {
    if (before[node] !== NOWHERE) return;
    before[node] = from;
    by[node] = edge;
    queue.push(node);
    if (node < size && obligation.arises(node) && before[node + size] === NOWHERE) {
      before[node + size] = from;
      by[node + size] = edge;
      queue.push(node + size);
    }
  };
  for (const state of graph.initials) {
    if (obligation.anywhere) add(state, state, NOWHERE);
    else if (obligation.arises(state)) add(state + size, state + size, NOWHERE);
  }
  for (const node of queue) {
    const open = node >= size;
    const state = open ? node - size : node;
    if (open && wanted(state)) return wayBack(graph, size, before, by, node);
    for (let edge = graph.first(state); edge < graph.end(state); edge += 1) {
      const target = graph.target(edge);
      if (target === OUTSIDE) continue;
      if (!open) add(target, node, edge);
      else if (obligation.open(target)) add(target + size, node, edge);
    }
  }
  return null;
}

function wayBack(graph: BehaviourGraph, size: number, before: Uint32Array, by: Uint32Array, end: number): Way {
  const moves: Move[] = [];
  let node = end;
  for (let edge = by[node] ?? NOWHERE; edge !== NOWHERE; edge = by[node] ?? NOWHERE) {
    moves.push({ action: graph.action(edge), state: graph.target(edge) });
    node = before[node] ?? 0;
  }
  return { start: node % size, moves: moves.reverse() };
}

export interface WaysWithin {
  /**
   * From a state to the nearest end, along edges whose targets are within: at least one step. The end is wanted for itself, or for the
   * action that led to it.
   */
  to(start: number, wanted: (state: number, action: number) => boolean): readonly Move[] | null;
}

/** Ways that stay within some states. */
export function waysWithin(graph: BehaviourGraph, within: (state: number) => boolean): WaysWithin {
  // Typed arrays of the whole graph, made once and cleaned by what each search touched: components may be larger than a Map can be.
  const before = new Uint32Array(graph.size).fill(NOWHERE);
  const by = new Uint32Array(graph.size);
  const queue = new Uint32Array(graph.size + 1);

  const search = (start: number, wanted: (state: number, action: number) => boolean): readonly Move[] | null => {
    let length = 1;
    queue[0] = start;
    let moves: Move[] | null = null;
    for (let next = 0; next < length && moves === null; next += 1) {
      const state = queue[next] ?? 0;
      for (let edge = graph.first(state); edge < graph.end(state) && moves === null; edge += 1) {
        const target = graph.target(edge);
        if (target === OUTSIDE || !within(target)) continue;
        if (wanted(target, graph.action(edge))) {
          moves = [{ action: graph.action(edge), state: target }];
          for (let at = state; at !== start; at = before[at] ?? start) moves.push({ action: graph.action(by[at] ?? 0), state: at });
        } else if (target !== start && before[target] === NOWHERE) {
          before[target] = state;
          by[target] = edge;
          queue[length++] = target;
        }
      }
    }
    for (let place = 0; place < length; place += 1) before[queue[place] ?? 0] = NOWHERE;
    return moves === null ? null : moves.reverse();
  };
  return { to: search };
}
