// Dijkstra's detection that a ring of nodes has come to rest, with a coloured token (EWD 840). After specifications/ewd840/EWD840.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import type { Action } from "../../index.ts";
import { each, family } from "../family.ts";
import { at, range, replaced, sequences } from "../persistent.ts";

interface State {
  readonly active: readonly boolean[];
  readonly black: readonly boolean[];
  readonly token: number;
  readonly tokenBlack: boolean;
}

interface Constants {
  readonly nodes: number;
  /** What is assumed to happen: the token's moves, any move, the token's moves and that no node works for ever, nothing. */
  readonly fair?: "token" | "any" | "token and rest" | "none";
  readonly claim?: "detects termination" | "detects again and again" | "the token stays black";
}

export function terminationDetection({ nodes, fair = "token", claim }: Constants) {
  const all = range(0, nodes - 1);
  const flags = [...sequences([false, true], nodes)];
  const detected = (s: State) => s.token === 0 && !s.tokenBlack && !at(s.black, 0) && !at(s.active, 0);
  const terminated = (s: State) => !s.active.includes(true);
  const rests = each("rest", all);
  const tokenMoves = ["probe", "pass"];
  const weak = { token: [tokenMoves], any: [[...tokenMoves, "send", ...rests]], "token and rest": [tokenMoves, ...rests], none: [] };
  const actions: Readonly<Record<string, Action<State>>> = {
    probe: (s, next) => {
      if (s.token !== 0 || !(s.tokenBlack || at(s.black, 0))) return;
      next({ ...s, token: nodes - 1, tokenBlack: false, black: replaced(s.black, 0, false) });
    },
    pass: (s, next) => {
      const node = s.token;
      if (node === 0 || (at(s.active, node) && !at(s.black, node) && !s.tokenBlack)) return;
      next({ ...s, token: node - 1, tokenBlack: s.tokenBlack || at(s.black, node), black: replaced(s.black, node, false) });
    },
    send: (s, next) => {
      for (const from of all) {
        if (!at(s.active, from)) continue;
        for (const to of all) {
          if (to === from) continue;
          next({ ...s, active: replaced(s.active, to, true), black: to > from ? replaced(s.black, from, true) : s.black }, { from, to });
        }
      }
    },
    ...family("rest", all, (node) => (s, next) => {
      if (at(s.active, node)) next({ ...s, active: replaced(s.active, node, false) });
    }),
  };
  return model({
    name: "termination detection",
    init: function* (): Iterable<State> {
      for (const active of flags) for (const black of flags) for (const token of all) yield { active, black, token, tokenBlack: true };
    },
    actions,
    invariants: {
      "what is detected has happened": { when: detected, then: terminated },
      "Dijkstra's": (s) =>
        all.every((i) => i <= s.token || !at(s.active, i)) || all.some((i) => i <= s.token && at(s.black, i)) || s.tokenBlack,
      ...(claim === "the token stays black" ? { "the token stays black": (s: State) => s.tokenBlack } : {}),
    },
    ...(claim === "detects termination" ? { leadsTo: { "termination is detected": { from: terminated, to: detected } } } : {}),
    ...(claim === "detects again and again" ? { alwaysEventually: { "termination is detected": detected } } : {}),
    fairness: { weak: weak[fair] },
    deadlock: "allowed",
  });
}
