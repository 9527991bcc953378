// A register that lives while a majority of its servers does (Attiya, Bar-Noy, Dolev): ask a majority for the newest value, then write it to
// a majority. After examples/linearizable-register.rs of stateright/stateright (MIT).
import { model } from "../../index.ts";
import type { Reaction } from "../actors.ts";
import { range } from "../persistent.ts";
import { isGet, isPut, NOTHING, registerModel, registerProperties } from "../register-clients.ts";
import type { RegisterMessage } from "../register-clients.ts";

interface Version {
  readonly clock: number;
  readonly server: number;
}

interface Versioned {
  readonly version: Version;
  readonly value: string;
}

type Internal =
  | { readonly kind: "query"; readonly request: number }
  | { readonly kind: "ackQuery"; readonly request: number; readonly held: Versioned }
  | { readonly kind: "record"; readonly request: number; readonly held: Versioned }
  | { readonly kind: "ackRecord"; readonly request: number };

type Phase =
  | { readonly kind: "asking"; readonly request: number; readonly client: number; readonly write: string | null; readonly answers: Answers }
  | { readonly kind: "writing"; readonly request: number; readonly client: number; readonly read: string | null; readonly acks: ReadonlySet<number> };
type Answers = ReadonlyMap<number, Versioned>;

interface Server {
  readonly held: Versioned;
  readonly phase: Phase | null;
}

const newer = (a: Version, b: Version) => a.clock > b.clock || (a.clock === b.clock && a.server > b.server);
const newest = (answers: Answers) => [...answers.values()].reduce((best, one) => (newer(one.version, best.version) ? one : best));

export function quorumRegister({ servers, clients }: { readonly servers: number; readonly clients: number }) {
  const majority = Math.floor(servers / 2) + 1;
  type Result = Reaction<Server, RegisterMessage<Internal>> | null;
  const broadcast = (id: number, message: Internal) => range(0, servers - 1).filter((to) => to !== id).map((to) => ({ to, message }));
  const ask = (server: Server, id: number, client: number, request: number, write: string | null): Result => {
    if (server.phase !== null) return null;
    const phase: Phase = { kind: "asking", request, client, write, answers: new Map([[id, server.held]]) };
    return { actor: { ...server, phase }, sends: broadcast(id, { kind: "query", request }) };
  };
  const onAnswer = (server: Server, phase: Phase & { kind: "asking" }, id: number, from: number, answer: Versioned): Result => {
    const answers = new Map(phase.answers).set(from, answer);
    if (answers.size !== majority) return { actor: { ...server, phase: { ...phase, answers } }, sends: [] };
    const found = newest(answers);
    const held: Versioned = phase.write === null ? found : { version: { clock: found.version.clock + 1, server: id }, value: phase.write };
    const { request, client } = phase;
    const writing: Phase = { kind: "writing", request, client, read: phase.write === null ? held.value : null, acks: new Set([id]) };
    return { actor: { held: later(server.held, held), phase: writing }, sends: broadcast(id, { kind: "record", request, held }) };
  };
  const onAck = (server: Server, phase: Phase & { kind: "writing" }, from: number): Result => {
    const acks = new Set(phase.acks).add(from);
    if (acks.size !== majority) return { actor: { ...server, phase: { ...phase, acks } }, sends: [] };
    const { request, client, read } = phase;
    const message = read === null ? ({ kind: "putOk", request } as const) : ({ kind: "getOk", request, value: read } as const);
    return { actor: { ...server, phase: null }, sends: [{ to: client, message }] };
  };
  const actors = registerModel<Server, Internal>({
    servers: range(0, servers - 1).map((server) => ({ held: { version: { clock: 0, server }, value: NOTHING }, phase: null })),
    clients,
    react: (server, id, from, message): Result => {
      if (isPut(message)) return ask(server, id, from, message.request, message.value);
      if (isGet(message)) return ask(server, id, from, message.request, null);
      const { phase } = server;
      switch (message.kind) {
        case "query":
          return { actor: server, sends: [{ to: from, message: { kind: "ackQuery", request: message.request, held: server.held } }] };
        case "ackQuery":
          return phase?.kind === "asking" && phase.request === message.request ? onAnswer(server, phase, id, from, message.held) : null;
        case "record":
          return {
            actor: { ...server, held: later(server.held, message.held) },
            sends: [{ to: from, message: { kind: "ackRecord", request: message.request } }],
          };
        case "ackRecord":
          return phase?.kind === "writing" && phase.request === message.request && !phase.acks.has(from) ? onAck(server, phase, from) : null;
        default:
          return null;
      }
    },
  });
  return model({
    name: "quorum register",
    ...actors,
    invariants: { linearizable: registerProperties.linearizable },
    sometimes: { "value chosen": registerProperties.valueChosen },
    deadlock: "allowed",
  });
}

function later(held: Versioned, offered: Versioned): Versioned {
  return newer(offered.version, held.version) ? offered : held;
}
