// Plays a walk through lock steps on a server, one attempt after another, and compares after each: who is stopped where, who waits for whom, who
// holds what, what is visible, and at its end what each was told.
import type { Store } from "@evenkeel/core/spi";
import type { LockState, Transaction } from "../../packages/checker/src/protocol/locks/lock-state.ts";
import { begin, GROUP, mustBeTold, stopsOf, told } from "./players.ts";
import type { Sight, Turnstiles } from "./turnstiles.ts";
import { Walks, type Move, type Walk } from "./walks.ts";

/** The server does something else than the model. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";
}

interface Player { readonly answer: Promise<string>; ended: string | null }

const RESET = `
delete from evenkeel.door;
delete from evenkeel.progress;
delete from evenkeel.lease;
delete from evenkeel.log;
insert into evenkeel.worker (id, groups, lease_ms, host, pid, started, heartbeat_at)
  values ('owner', '{${GROUP}}', 1000, 'h', 0, '', clock_timestamp() - interval '1 day') on conflict do nothing;
select setval('evenkeel.log_position', 1, false);
insert into evenkeel.lease select number, partition, 'owner', 1, 0, 0, null, null from evenkeel.consumer_group, generate_series(0, 1) as partition;
`;

export interface Stage {
  readonly turnstiles: Turnstiles;
  /** One for each transaction that plays at a time. */
  readonly stores: readonly Store[];
  readonly reader: Store;
}

export async function replay(stage: Stage, transactions: readonly Transaction[], walk: Walk): Promise<void> {
  const { turnstiles } = stage;
  await turnstiles.openAll();
  await turnstiles.run(RESET);
  const play = new Play(stage, transactions, await lockNames(turnstiles));
  await turnstiles.close(transactions.map((one) => stopsOf(one).filter((place) => place >= 0)));
  try {
    for (const [index, move] of walk.entries()) {
      await play.step(move).catch((error: unknown) => {
        if (!(error instanceof Disagreement)) throw error;
        const so = walk.slice(0, index + 1).flatMap(({ classes }) => classes).join("\n  ");
        throw new Disagreement(`${error.message}\nafter:\n  ${so}`);
      });
    }
  } finally {
    await turnstiles.openAll();
    await play.ended();
  }
}

async function lockNames(turnstiles: Turnstiles): Promise<ReadonlyMap<string, string>> {
  const [row] = await turnstiles.rows<{ append: string; fence: string; group: number }>(`
    select hashtext('evenkeel:append')::bit(32)::bigint::text as append, hashtext('evenkeel:fence')::bit(32)::bigint::text as fence,
      (select number from evenkeel.consumer_group where name = '${GROUP}') as group`);
  if (row === undefined) throw new Error("The store is not prepared.");
  return new Map([0, 1].flatMap((partition) => [
    [`append ${String(partition)}`, `${row.append} ${String(partition)}`], [`fence ${String(partition)}`, `${row.fence} ${String(row.group * 256 + partition)}`],
  ]));
}

class Play {
  readonly #stage: Stage;
  readonly #transactions: readonly Transaction[];
  readonly #lockNames: ReadonlyMap<string, string>;
  readonly #walks: Walks;
  readonly #players = new Map<string, Player>();

  constructor(stage: Stage, transactions: readonly Transaction[], names: ReadonlyMap<string, string>) {
    this.#stage = stage;
    this.#transactions = transactions;
    this.#lockNames = names;
    this.#walks = new Walks(transactions);
  }

  async step({ name, before, after }: Move): Promise<void> {
    const seat = this.#transactions.findIndex((one) => one.name === name);
    const one = this.#transactions[seat];
    const store = this.#stage.stores[seat];
    if (one === undefined || store === undefined) throw new Error(`Nobody plays '${name}'.`);
    const stops = stopsOf(one);
    const at = before.at[name] ?? 0;
    if (at > 0) await this.#stage.turnstiles.open(seat, stops.slice(at - 1, at));
    // What is refused here may be told only behind the turnstile: whoever would not be refused runs on, which is seen.
    for (const [place, other] of this.#transactions.entries()) {
      if (after.end[other.name] === "refused" && before.end[other.name] !== "refused") {
        await this.#stage.turnstiles.open(place, stopsOf(other).slice(Math.min(before.at[other.name] ?? 0, stopsOf(other).length)).filter((stop) => stop >= 0));
      }
    }
    if (at === 0) {
      const player: Player = { answer: begin(store, one, before).then((answer) => told(one, answer), (error: unknown) => `threw ${String(error)}`), ended: null };
      void player.answer.then((words) => { player.ended = words; });
      this.#players.set(name, player);
    }
    const sight = await this.#quiet();
    this.#compare(sight, after);
    await this.#compareRows(after);
  }

  /** Looks until nobody runs: each has ended, is stopped, or waits for others of whom that is true. A cycle of those that wait counts as well. */
  async #quiet(): Promise<Sight> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const ended = this.#transactions.map(({ name }) => { const player = this.#players.get(name); return player === undefined || player.ended !== null; });
      const sight = await this.#stage.turnstiles.look(this.#transactions.length);
      const isStill = (seat: number): boolean => sight.stands[seat]?.kind === "stopped" || sight.stands[seat]?.kind === "waits";
      const quiet = sight.stands.every((stand, seat) => {
        if (stand.kind === "waits") return stand.for.length > 0 && stand.for.every((other) => other !== seat && isStill(other));
        return stand.kind === "stopped" || ended[seat] === true;
      });
      if (quiet) return sight;
      if (performance.now() > deadline) throw new Disagreement(`somebody runs for 20 s: ${JSON.stringify(sight)}`);
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  }

  #compare(sight: Sight, state: LockState): void {
    for (const [seat, one] of this.#transactions.entries()) {
      const { name } = one;
      const stand = sight.stands[seat];
      const at = state.at[name] ?? 0;
      const ended = this.#players.get(name)?.ended ?? null;
      const here = ended !== null ? `was told: ${ended}` : stand?.kind === "stopped" ? `stopped at ${String(stand.at)}`
        : stand?.kind === "waits" ? `waits for ${stand.for.map((other) => this.#transactions[other]?.name).sort().join(" and ")}` : "has not begun";
      const there = state.end[name] !== undefined ? `was told: ${mustBeTold(one, state)}`
        : state.waiting.includes(name) ? `waits for ${[...new Set(this.#walks.steps.blockers(state, name))].sort().join(" and ")}`
        : at > 0 ? `stopped at ${String(stopsOf(one)[at - 1])}` : "has not begun";
      if (here !== there) throw new Disagreement(`'${name}' on the server: ${here}; in the model: ${there}`);
      const locks = Object.entries(state.locks).flatMap(([lock, { exclusive, shared }]) =>
        [...exclusive === name ? [`${this.#lockNames.get(lock) ?? lock} exclusive`] : [], ...shared.includes(name) ? [`${this.#lockNames.get(lock) ?? lock} shared`] : []]).sort();
      const held = sight.held[seat] ?? [];
      if (held.join() !== locks.join()) throw new Disagreement(`'${name}' on the server holds: ${held.join(", ")}; in the model: ${locks.join(", ")}`);
    }
  }

  async #compareRows(state: LockState): Promise<void> {
    const cursors = [0, 1].map((partition) => ({ partition, position: 0 }));
    const { messages } = await this.#stage.reader.read({ group: GROUP, names: ["toy.happened"], cursors, limit: 100, maxLength: 100_000 });
    const here = messages.map(({ partition, position, key }) => `${key} ${String(partition)}@${String(position)}`).sort().join(", ");
    const there = state.rows.filter(({ by }) => state.end[by] === "committed").map(({ by, partition, position }) => `${by} ${String(partition)}@${String(position)}`).sort().join(", ");
    if (here !== there) throw new Disagreement(`visible on the server: ${here}; in the model: ${there}`);
  }

  async ended(): Promise<void> {
    await Promise.all([...this.#players.values()].map(({ answer }) => answer));
  }
}
