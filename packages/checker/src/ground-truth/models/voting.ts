// How a value is chosen by votes in numbered ballots: Paxos without messages. After specifications/PaxosHowToWinATuringAward/Voting.tla of
// tlaplus/Examples (MIT); with symmetry, specifications/Paxos/MCVoting.tla.
import { model } from "../../index.ts";
import { range, recordOf } from "../persistent.ts";

interface Acceptor {
  /** By ballot. */
  readonly votes: Readonly<Record<number, string>>;
  /** It votes in no ballot below; -1 at first. */
  readonly promised: number;
}

type State = Readonly<Record<string, Acceptor>>;

interface Constants {
  readonly acceptors: readonly string[];
  readonly values: readonly string[];
  readonly maxBallot: number;
  readonly symmetry?: boolean;
}

export function voting({ acceptors, values, maxBallot, symmetry = false }: Constants) {
  const ballots = range(0, maxBallot);
  const quorums = acceptors.map((absent) => acceptors.filter((acceptor) => acceptor !== absent));
  const vote = (s: State, acceptor: string, ballot: number) => s[acceptor]?.votes[ballot];
  const promised = (s: State, acceptor: string) => s[acceptor]?.promised ?? -1;
  const showsSafe = (s: State, quorum: readonly string[], ballot: number, value: string) => {
    if (!quorum.every((acceptor) => promised(s, acceptor) >= ballot)) return false;
    for (let last = ballot - 1; last >= 0; last--) {
      const votes = quorum.map((acceptor) => vote(s, acceptor, last));
      if (votes.includes(value)) return true;
      if (votes.some((one) => one !== undefined)) return false;
    }
    return true;
  };
  const chosen = (s: State, value: string) =>
    ballots.some((ballot) => quorums.some((quorum) => quorum.every((acceptor) => vote(s, acceptor, ballot) === value)));
  const start: State = recordOf(acceptors, { votes: {}, promised: -1 });
  return model({
    name: "voting",
    init: [start],
    actions: {
      promise: (s, next) => {
        for (const acceptor of acceptors) {
          const now = s[acceptor];
          if (now === undefined) continue;
          for (const ballot of ballots) if (ballot > now.promised) next({ ...s, [acceptor]: { ...now, promised: ballot } }, { acceptor, ballot });
        }
      },
      vote: (s, next) => {
        for (const acceptor of acceptors) {
          const now = s[acceptor];
          if (now === undefined) continue;
          for (const ballot of ballots) {
            if (now.promised > ballot || now.votes[ballot] !== undefined) continue;
            for (const value of values) {
              const contested = acceptors.some((other) => (vote(s, other, ballot) ?? value) !== value);
              if (contested || !quorums.some((quorum) => showsSafe(s, quorum, ballot, value))) continue;
              next({ ...s, [acceptor]: { votes: { ...now.votes, [ballot]: value }, promised: ballot } }, { acceptor, ballot, value });
            }
          }
        }
      },
    },
    invariants: {
      "one value per ballot": (s) => ballots.every((ballot) => new Set(acceptors.flatMap((a) => vote(s, a, ballot) ?? [])).size <= 1),
      "one value is chosen": (s) => values.filter((value) => chosen(s, value)).length <= 1,
    },
    sometimes: { "a value is chosen": (s) => values.some((value) => chosen(s, value)) },
    deadlock: "allowed",
    ...(symmetry ? { symmetry: [acceptors, values] } : {}),
  });
}
