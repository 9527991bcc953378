// A store through which one process hangs: from the first commit that is named on, its commits and looks wait and its heartbeat is silent, until
// it is thawed. Then what waited goes on as if nothing had been.
import type { Commit, CommitResult, Store } from "@evenkeel/core/spi";

interface FreezableStore extends Store {
  isFrozen(): boolean;
  /** Resolves to the ends of the commits that had waited. */
  thaw(): Promise<readonly CommitResult["kind"][]>;
}

export function freezable(store: Store, at: (commit: Commit) => boolean): FreezableStore {
  const late: Promise<CommitResult>[] = [];
  let open: () => void = () => undefined;
  const thawed = new Promise<void>((resolve) => { open = resolve; });
  let state: "turning" | "frozen" | "thawed" = "turning";
  const turn = async (): Promise<void> => { if (state === "frozen") await thawed; };
  return {
    ...store,
    isFrozen: () => state === "frozen",
    thaw: async () => {
      state = "thawed";
      open();
      return (await Promise.all(late)).map(({ kind }) => kind);
    },
    commit: (changes) => {
      if (state === "turning" && at(changes)) state = "frozen";
      if (state !== "frozen") return store.commit(changes);
      const result = thawed.then(() => store.commit(changes));
      late.push(result);
      return result;
    },
    roster: async () => {
      await turn();
      return store.roster();
    },
    join: async (worker) => {
      const membership = await store.join(worker);
      return { leave: () => membership.leave(), beat: () => { if (state !== "frozen") membership.beat(); } };
    },
  };
}
