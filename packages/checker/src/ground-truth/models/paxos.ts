// Paxos with a set of messages that are never taken out. After specifications/PaxosHowToWinATuringAward/Paxos.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { added, range, recordOf } from "../persistent.ts";

interface Vote {
  readonly ballot: number;
  readonly value: string;
}

interface Acceptor {
  readonly promised: number;
  readonly voted: Vote | null;
}

interface State {
  readonly acceptors: Readonly<Record<string, Acceptor>>;
  /** The messages, by kind and ballot: asked, who answered with which last vote, the value proposed, who voted for it. */
  readonly asked: ReadonlySet<number>;
  readonly answers: Readonly<Record<number, Readonly<Record<string, Vote | null>>>>;
  readonly proposed: Readonly<Record<number, string>>;
  readonly votes: Readonly<Record<number, ReadonlySet<string>>>;
}

interface Constants {
  readonly acceptors: readonly string[];
  readonly values: readonly string[];
  readonly maxBallot: number;
}

const NOBODY: ReadonlySet<string> = new Set();

export function paxos({ acceptors, values, maxBallot }: Constants) {
  const ballots = range(0, maxBallot);
  const quorums = acceptors.map((absent) => acceptors.filter((acceptor) => acceptor !== absent));
  const mayPropose = (s: State, ballot: number, value: string) => {
    const answers = s.answers[ballot] ?? {};
    return quorums.some((quorum) => {
      if (!quorum.every((acceptor) => answers[acceptor] !== undefined)) return false;
      const voted = quorum.flatMap((acceptor) => answers[acceptor] ?? []);
      const newest = Math.max(...voted.map((vote) => vote.ballot));
      return voted.length === 0 || voted.some((vote) => vote.ballot === newest && vote.value === value);
    });
  };
  const chosen = (s: State, value: string) =>
    ballots.some((ballot) => s.proposed[ballot] === value && quorums.some((quorum) => quorum.every((a) => (s.votes[ballot] ?? NOBODY).has(a))));
  const start: State = { acceptors: recordOf(acceptors, { promised: -1, voted: null }), asked: new Set(), answers: {}, proposed: {}, votes: {} };
  return model({
    name: "Paxos with a set of messages",
    init: [start],
    actions: {
      ask: (s, next) => ballots.forEach((ballot) => next({ ...s, asked: added(s.asked, ballot) }, ballot)),
      promise: (s, next) => {
        for (const id of acceptors) {
          const acceptor = s.acceptors[id];
          for (const ballot of s.asked) {
            if (acceptor === undefined || ballot <= acceptor.promised) continue;
            const answers = { ...s.answers, [ballot]: { ...s.answers[ballot], [id]: acceptor.voted } };
            next({ ...s, acceptors: { ...s.acceptors, [id]: { ...acceptor, promised: ballot } }, answers }, { id, ballot });
          }
        }
      },
      propose: (s, next) => {
        for (const ballot of ballots) {
          if (s.proposed[ballot] !== undefined) continue;
          for (const value of values) if (mayPropose(s, ballot, value)) next({ ...s, proposed: { ...s.proposed, [ballot]: value } }, { ballot, value });
        }
      },
      vote: (s, next) => {
        for (const id of acceptors) {
          for (const ballot of ballots) {
            const value = s.proposed[ballot];
            if (value === undefined || ballot < (s.acceptors[id]?.promised ?? -1)) continue;
            next({
              ...s,
              acceptors: { ...s.acceptors, [id]: { promised: ballot, voted: { ballot, value } } },
              votes: { ...s.votes, [ballot]: added(s.votes[ballot] ?? NOBODY, id) },
            }, { id, ballot });
          }
        }
      },
    },
    invariants: { "one value is chosen": (s) => values.filter((value) => chosen(s, value)).length <= 1 },
    sometimes: { "a value is chosen": (s) => values.some((value) => chosen(s, value)) },
  });
}
