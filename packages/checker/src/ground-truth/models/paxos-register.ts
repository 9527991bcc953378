// Single-decree Paxos as a register that is written once. After examples/paxos.rs of stateright/stateright (MIT).
import { model } from "../../index.ts";
import type { Reaction } from "../actors.ts";
import { range } from "../persistent.ts";
import { isGet, isPut, registerModel, registerProperties } from "../register-clients.ts";
import type { RegisterMessage } from "../register-clients.ts";

interface Ballot {
  readonly round: number;
  readonly leader: number;
}

interface Proposal {
  readonly request: number;
  readonly client: number;
  readonly value: string;
}

interface Accepted {
  readonly ballot: Ballot;
  readonly proposal: Proposal;
}

type Internal =
  | { readonly kind: "prepare"; readonly ballot: Ballot }
  | { readonly kind: "prepared"; readonly ballot: Ballot; readonly accepted: Accepted | null }
  | { readonly kind: "accept"; readonly ballot: Ballot; readonly proposal: Proposal }
  | { readonly kind: "accepted"; readonly ballot: Ballot }
  | { readonly kind: "decided"; readonly ballot: Ballot; readonly proposal: Proposal };

interface Server {
  readonly ballot: Ballot;
  readonly proposal: Proposal | null;
  readonly prepares: ReadonlyMap<number, Accepted | null>;
  readonly accepts: ReadonlySet<number>;
  readonly accepted: Accepted | null;
  readonly decided: boolean;
}

const compare = (a: Ballot, b: Ballot) => a.round - b.round || a.leader - b.leader;

/** The accepted proposal of the highest ballot; ballots have one proposal each. */
function latest(prepares: ReadonlyMap<number, Accepted | null>): Proposal | null {
  let best: Accepted | null = null;
  for (const one of prepares.values()) if (one !== null && (best === null || compare(one.ballot, best.ballot) > 0)) best = one;
  return best?.proposal ?? null;
}

export function paxosRegister({ servers, clients }: { readonly servers: number; readonly clients: number }) {
  const majority = Math.floor(servers / 2) + 1;
  type Result = Reaction<Server, RegisterMessage<Internal>> | null;
  const broadcast = (id: number, message: Internal) => range(0, servers - 1).filter((to) => to !== id).map((to) => ({ to, message }));
  const start: Server = { ballot: { round: 0, leader: 0 }, proposal: null, prepares: new Map(), accepts: new Set(), accepted: null, decided: false };

  const onInternal = (server: Server, id: number, from: number, message: Internal): Result => {
    const { ballot } = message;
    switch (message.kind) {
      case "prepare":
        if (compare(server.ballot, ballot) >= 0) return null;
        return { actor: { ...server, ballot }, sends: [{ to: from, message: { kind: "prepared", ballot, accepted: server.accepted } }] };
      case "prepared": {
        if (compare(server.ballot, ballot) !== 0) return null;
        const prepares = new Map(server.prepares).set(from, message.accepted);
        if (prepares.size !== majority) return { actor: { ...server, prepares }, sends: [] };
        const proposal = latest(prepares) ?? server.proposal;
        if (proposal === null) throw new Error("a leader of a ballot has a proposal");
        const accepts = new Set(server.accepts).add(id);
        return {
          actor: { ...server, prepares, proposal, accepted: { ballot, proposal }, accepts },
          sends: broadcast(id, { kind: "accept", ballot, proposal }),
        };
      }
      case "accept":
        if (compare(server.ballot, ballot) > 0) return null;
        return { actor: { ...server, ballot, accepted: { ballot, proposal: message.proposal } }, sends: [{ to: from, message: { kind: "accepted", ballot } }] };
      case "accepted": {
        if (compare(server.ballot, ballot) !== 0) return null;
        const accepts = new Set(server.accepts).add(from);
        if (accepts.size !== majority) return { actor: { ...server, accepts }, sends: [] };
        const { proposal } = server;
        if (proposal === null) throw new Error("what is accepted was proposed");
        return {
          actor: { ...server, accepts, decided: true },
          sends: [
            ...broadcast(id, { kind: "decided", ballot, proposal }),
            { to: proposal.client, message: { kind: "putOk", request: proposal.request } },
          ],
        };
      }
      case "decided":
        return { actor: { ...server, ballot, accepted: { ballot, proposal: message.proposal }, decided: true }, sends: [] };
    }
  };
  const actors = registerModel<Server, Internal>({
    servers: range(0, servers - 1).map(() => start),
    clients,
    react: (server, id, from, message): Result => {
      if (isGet(message)) {
        if (!server.decided || server.accepted === null) return null;
        return { actor: server, sends: [{ to: from, message: { kind: "getOk", request: message.request, value: server.accepted.proposal.value } }] };
      }
      if (server.decided || message.kind === "putOk" || message.kind === "getOk") return null;
      if (!isPut(message)) return onInternal(server, id, from, message);
      if (server.proposal !== null) return null;
      const ballot: Ballot = { round: server.ballot.round + 1, leader: id };
      const proposal: Proposal = { request: message.request, client: from, value: message.value };
      return {
        actor: { ...server, ballot, proposal, prepares: new Map([[id, server.accepted]]), accepts: new Set() },
        sends: broadcast(id, { kind: "prepare", ballot }),
      };
    },
  });
  return model({
    name: "Paxos",
    ...actors,
    invariants: { linearizable: registerProperties.linearizable },
    sometimes: { "value chosen": registerProperties.valueChosen },
    deadlock: "allowed",
  });
}
