// Actors that react to messages over a network which reorders, and may lose or repeat them: what the models after stateright share. It
// follows the semantics of ActorModel of stateright/stateright (MIT): a delivery that changes nothing and sends nothing does not happen,
// and a repeating network remembers what it delivered last.

export interface Envelope<Message> {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** What an actor does with a message; `null` where a rule says that it does nothing. */
export interface Reaction<Actor, Message> {
  readonly actor: Actor;
  readonly sends: readonly { readonly to: number; readonly message: Message }[];
}

interface World<Actor, Message, History> {
  readonly actors: readonly Actor[];
  /** By the envelope as text. */
  readonly network: ReadonlyMap<string, { readonly envelope: Envelope<Message>; readonly copies: number }>;
  /** Always null where the network does not repeat. */
  readonly delivered: Envelope<Message> | null;
  readonly history: History;
}

interface ActorSystem<Actor, Message, History> {
  readonly start: readonly Reaction<Actor, Message>[];
  readonly react: (actor: Actor, id: number, envelope: Envelope<Message>) => Reaction<Actor, Message> | null;
  readonly network: "repeats" | "delivers once";
  readonly lossy: boolean;
  readonly history: History;
  /** What the history remembers of a message that is sent, and of one that arrives. */
  readonly sent?: (history: History, envelope: Envelope<Message>) => History;
  readonly arrived?: (history: History, envelope: Envelope<Message>) => History;
}

type Network<Message> = World<unknown, Message, unknown>["network"];

/** Where a model of the actors begins and what can happen in it. */
export function actorModel<Actor, Message, History>(system: ActorSystem<Actor, Message, History>) {
  type State = World<Actor, Message, History>;
  const send = (state: State, id: number, { actor, sends }: Reaction<Actor, Message>): State => {
    let { network, history } = state;
    for (const { to, message } of sends) {
      const envelope = { from: id, to, message };
      history = system.sent?.(history, envelope) ?? history;
      network = put(network, envelope, system.network === "repeats" ? 1 : (network.get(keyOf(envelope))?.copies ?? 0) + 1);
    }
    return { ...state, actors: state.actors.map((other, i) => (i === id ? actor : other)), network, history };
  };
  const silent: State = { actors: system.start.map(({ actor }) => actor), network: new Map(), delivered: null, history: system.history };
  return {
    init: [system.start.reduce((state, reaction, id) => send(state, id, reaction), silent)],
    actions: {
      deliver: (state: State, next: (to: State, detail?: unknown) => void) => {
        for (const { envelope, copies } of state.network.values()) {
          const actor = state.actors[envelope.to];
          const reaction = actor === undefined ? null : system.react(actor, envelope.to, envelope);
          if (reaction === null) continue;
          const history = system.arrived?.(state.history, envelope) ?? state.history;
          const taken = system.network === "repeats"
            ? { ...state, delivered: envelope, history }
            : { ...state, network: put(state.network, envelope, copies - 1), history };
          next(send(taken, envelope.to, reaction), envelope);
        }
      },
      lose: (state: State, next: (to: State, detail?: unknown) => void) => {
        if (!system.lossy) return;
        for (const { envelope, copies } of state.network.values()) {
          next({ ...state, network: put(state.network, envelope, system.network === "repeats" ? 0 : copies - 1) }, envelope);
        }
      },
    },
  };
}

function keyOf(envelope: Envelope<unknown>): string {
  return JSON.stringify([envelope.from, envelope.to, envelope.message]);
}

function put<Message>(network: Network<Message>, envelope: Envelope<Message>, copies: number): Network<Message> {
  const after = new Map(network);
  if (copies === 0) after.delete(keyOf(envelope));
  else after.set(keyOf(envelope), { envelope, copies });
  return after;
}
