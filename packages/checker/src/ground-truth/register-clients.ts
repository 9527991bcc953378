// Clients that each write a value of their own to one server of a register and then read it from the next server, and the history of what
// they saw. After src/actor/register.rs of stateright/stateright (MIT).
import { actorModel } from "./actors.ts";
import type { Envelope, Reaction } from "./actors.ts";
import { began, emptyHistory, ended, linearizable } from "./linearizable.ts";
import type { RegisterHistory } from "./linearizable.ts";
import { range } from "./persistent.ts";

type Call = { readonly kind: "put"; readonly request: number; readonly value: string } | { readonly kind: "get"; readonly request: number };
type Answer = { readonly kind: "putOk"; readonly request: number } | { readonly kind: "getOk"; readonly request: number; readonly value: string };

interface Client {
  readonly kind: "client";
  readonly awaiting: number | null;
  readonly operations: number;
}

export type RegisterMessage<Internal> = Call | Answer | Internal;
type RegisterActor<Server> = Client | { readonly kind: "server"; readonly server: Server };

/** What a register holds before anybody wrote. */
export const NOTHING = "";

interface Register<Server, Internal> {
  readonly servers: readonly Server[];
  readonly clients: number;
  readonly react: (server: Server, id: number, from: number, message: RegisterMessage<Internal>) => Reaction<Server, RegisterMessage<Internal>> | null;
}

/** The clients and servers over a network that delivers each message once, in any order. */
export function registerModel<Server, Internal extends { readonly kind: string }>({ servers, clients, react }: Register<Server, Internal>) {
  type Message = RegisterMessage<Internal>;
  const threadOf = (id: number) => id - servers.length;
  const client = (id: number): Reaction<RegisterActor<Server>, Message> => ({
    actor: { kind: "client", awaiting: id, operations: 1 },
    sends: [{ to: id % servers.length, message: { kind: "put", request: id, value: String.fromCharCode(65 + threadOf(id)) } }],
  });
  const answered = (actor: Client, id: number, message: Message): Reaction<RegisterActor<Server>, Message> | null => {
    if (isPutOk(message) && message.request === actor.awaiting) {
      const request = (actor.operations + 1) * id;
      return {
        actor: { kind: "client", awaiting: request, operations: actor.operations + 1 },
        sends: [{ to: (id + actor.operations) % servers.length, message: { kind: "get", request } }],
      };
    }
    if (isGetOk(message) && message.request === actor.awaiting) {
      return { actor: { kind: "client", awaiting: null, operations: actor.operations + 1 }, sends: [] };
    }
    return null;
  };
  return actorModel<RegisterActor<Server>, Message, RegisterHistory>({
    start: [
      ...servers.map((server): Reaction<RegisterActor<Server>, Message> => ({ actor: { kind: "server", server }, sends: [] })),
      ...range(servers.length, servers.length + clients - 1).map(client),
    ],
    react: (actor, id, { from, message }) => {
      if (actor.kind === "client") return answered(actor, id, message);
      const reaction = react(actor.server, id, from, message);
      return reaction === null ? null : { actor: { kind: "server", server: reaction.actor }, sends: reaction.sends };
    },
    network: "delivers once",
    lossy: false,
    history: emptyHistory(clients),
    sent: (history, { from, message }: Envelope<Message>) => {
      if (isGet(message)) return began(history, threadOf(from), { kind: "read" });
      return isPut(message) ? began(history, threadOf(from), { kind: "write", value: message.value }) : history;
    },
    arrived: (history, { to, message }: Envelope<Message>) => {
      if (isGetOk(message)) return ended(history, threadOf(to), message.value);
      return isPutOk(message) ? ended(history, threadOf(to), null) : history;
    },
  });
}

export const registerProperties = {
  linearizable: (state: { readonly history: RegisterHistory }) => linearizable(state.history, NOTHING),
  valueChosen: (state: { readonly network: ReadonlyMap<string, { readonly envelope: Envelope<{ readonly kind: string }> }> }) =>
    [...state.network.values()].some(({ envelope: { message } }) => isGetOk(message) && message.value !== NOTHING),
};

type Of<Kind extends string> = Extract<Call | Answer, { readonly kind: Kind }>;

export function isPut(message: { readonly kind: string }): message is Of<"put"> {
  return message.kind === "put";
}
export function isGet(message: { readonly kind: string }): message is Of<"get"> {
  return message.kind === "get";
}
function isPutOk(message: { readonly kind: string }): message is Of<"putOk"> {
  return message.kind === "putOk";
}
function isGetOk(message: { readonly kind: string }): message is Of<"getOk"> {
  return message.kind === "getOk";
}
