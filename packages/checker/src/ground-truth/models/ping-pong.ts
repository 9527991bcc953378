// Two actors count each other's messages over a bad network. After src/actor/actor_test_util.rs of stateright/stateright (MIT).
import { model } from "../../index.ts";
import { actorModel } from "../actors.ts";

interface Message {
  readonly kind: "ping" | "pong";
  readonly value: number;
}

interface Constants {
  readonly max: number;
  readonly network: "repeats" | "delivers once";
  readonly lossy: boolean;
}

export function pingPong({ max, network, lossy }: Constants) {
  const actors = actorModel<number, Message, null>({
    start: [{ actor: 0, sends: [{ to: 1, message: { kind: "ping", value: 0 } }] }, { actor: 0, sends: [] }],
    react: (count, _id, { from, message: { kind, value } }) => {
      if (count !== value) return null;
      const answer: Message = kind === "pong" ? { kind: "ping", value: value + 1 } : { kind: "pong", value };
      return { actor: count + 1, sends: [{ to: from, message: answer }] };
    },
    network,
    lossy,
    history: null,
  });
  return model({
    name: "ping pong",
    ...actors,
    invariants: { "one apart at most": (s) => Math.max(...s.actors) - Math.min(...s.actors) <= 1 },
    sometimes: { "can reach the maximum": (s) => s.actors.includes(max) },
    constraint: (s) => s.actors.every((count) => count <= max),
    deadlock: "allowed",
  });
}
