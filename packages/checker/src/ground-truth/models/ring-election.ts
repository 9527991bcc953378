// The node with the smallest id becomes the leader of a ring of which any nodes may begin (Chang and Roberts). After
// specifications/chang_roberts/ChangRoberts.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { each, family } from "../family.ts";
import { added, at, range, removed, replaced, sequences } from "../persistent.ts";

interface State {
  readonly initiator: readonly boolean[];
  readonly begun: readonly boolean[];
  readonly status: readonly ("candidate" | "lost" | "won")[];
  /** Ids that wait at each node. */
  readonly inbox: readonly ReadonlySet<number>[];
}

const stands = (s: State) => s.status.includes("candidate");
const won = (s: State) => s.status.includes("won");

interface Constants {
  readonly nodes: number;
  /** Whether to ask that there is a leader in the end, each node going on. */
  readonly endless?: boolean;
}

/** A node's id is its place in the ring. */
export function ringElection({ nodes, endless = false }: Constants) {
  const all = range(0, nodes - 1);
  const sent = (inbox: State["inbox"], from: number, id: number) => {
    const to = (from + 1) % nodes;
    return replaced(inbox, to, added(at(inbox, to), id));
  };
  return model({
    name: "ring election",
    init: function* (): Iterable<State> {
      for (const initiator of sequences([false, true], nodes)) {
        yield {
          initiator,
          begun: all.map(() => false),
          status: initiator.map((begins) => (begins ? "candidate" : "lost")),
          inbox: all.map(() => new Set()),
        };
      }
    },
    actions: family("node", all, (node) => (s: State, next) => {
      if (!at(s.begun, node)) {
        next({ ...s, begun: replaced(s.begun, node, true), inbox: at(s.initiator, node) ? sent(s.inbox, node, node) : s.inbox });
        return;
      }
      for (const id of at(s.inbox, node)) {
        const inbox = replaced(s.inbox, node, removed(at(s.inbox, node), id));
        if (at(s.status, node) === "lost") next({ ...s, inbox: sent(inbox, node, id) }, id);
        else if (id < node) next({ ...s, inbox: sent(inbox, node, id), status: replaced(s.status, node, "lost") }, id);
        else next({ ...s, inbox, status: id === node ? replaced(s.status, node, "won") : s.status }, id);
      }
    }),
    invariants: {
      "the leader began, has the smallest id of those who did, and all others have lost": {
        when: won,
        then: (s) => {
          const leader = s.status.indexOf("won");
          return s.initiator.indexOf(true) === leader && all.every((node) => node === leader || at(s.status, node) === "lost");
        },
      },
    },
    ...(endless ? { leadsTo: { "who stands is followed by a leader": { from: stands, to: won } } } : {}),
    fairness: { weak: each("node", all) },
    deadlock: "allowed",
  });
}
