// A wave goes out from one node over a graph and comes back, and leaves a spanning tree behind. After specifications/echo/Echo.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range, replaced } from "../persistent.ts";

interface Message {
  readonly kind: "wave" | "child";
  readonly from: number;
}

interface State {
  readonly at: readonly ("begin" | "wait" | "answer" | "done")[];
  readonly parent: readonly (number | null)[];
  readonly children: readonly ReadonlySet<number>[];
  readonly received: readonly number[];
  readonly inbox: readonly (readonly Message[])[];
}

/** Every node knows every other; node 0 begins. */
export function echo({ nodes }: { readonly nodes: number }) {
  const all = range(0, nodes - 1);
  const send = (inbox: State["inbox"], message: Message, to: readonly number[]): State["inbox"] =>
    inbox.map((messages, node) => (to.includes(node) ? [...messages, message].sort((a, b) => a.from - b.from || a.kind.localeCompare(b.kind)) : messages));
  const start: State = {
    at: all.map(() => "begin"), parent: all.map(() => null), children: all.map(() => new Set()), received: all.map(() => 0), inbox: all.map(() => []),
  };
  const allDone = (s: State) => s.at.every((where) => where === "done");
  return model({
    name: "echo",
    init: [start],
    actions: {
      begin: (s, next) => {
        for (const node of all) {
          if (at(s.at, node) !== "begin") continue;
          const inbox = node === 0 ? send(s.inbox, { kind: "wave", from: 0 }, all.slice(1)) : s.inbox;
          next({ ...s, at: replaced(s.at, node, "wait"), inbox }, node);
        }
      },
      receive: (s, next) => {
        for (const node of all) {
          if (at(s.at, node) !== "wait") continue;
          const received = at(s.received, node) + 1;
          if (received === nodes) next({ ...s, at: replaced(s.at, node, "answer") }, node);
          for (const message of at(s.inbox, node)) {
            const rest = replaced(s.inbox, node, at(s.inbox, node).filter((other) => other !== message));
            const isFirst = node !== 0 && received === 1;
            const children = at(s.children, node);
            next({
              ...s,
              received: replaced(s.received, node, received),
              parent: isFirst ? replaced(s.parent, node, message.from) : s.parent,
              children: message.kind === "child" ? replaced(s.children, node, new Set([...children, message.from])) : s.children,
              inbox: isFirst ? send(rest, { kind: "wave", from: node }, all.filter((to) => to !== node && to !== message.from)) : rest,
            }, { node, message });
          }
        }
      },
      answer: (s, next) => {
        for (const node of all) {
          const parent = s.parent[node] ?? null;
          if (at(s.at, node) !== "answer") continue;
          next({ ...s, at: replaced(s.at, node, "done"), inbox: parent === null ? s.inbox : send(s.inbox, { kind: "child", from: node }, [parent]) }, node);
        }
      },
      rest: (s, next) => {
        if (allDone(s)) next(s);
      },
    },
    invariants: {
      "at the end parents and children agree": {
        when: allDone,
        then: (s) => s.parent.every((parent, node) => (parent === null ? node === 0 : at(s.children, parent).has(node))),
      },
    },
  });
}
