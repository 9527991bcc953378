// The audit: when nothing is pending any more, every post took effect once per group and in the order of its key, every timer came once, every
// call had one effect under one key and one outcome, and the sums agree. It says in words what does not hold.
import type { Store } from "@evenkeel/core/spi";
import { DEFAULT_TENANT, isEvenkeelError } from "@evenkeel/core";
import { ripens, type Ledger } from "./ledger-app.ts";
import { Account, Book, bucketOf, isDeclined, orderFault, Payment, Ripe, Tally, type FoldData, type PaymentData, type RipeData, type TallyData } from "./messages.ts";
import { postOf, type Flavours } from "./task.ts";

interface Expected {
  /** The last confirmed number of every account. */
  readonly accounts: ReadonlyMap<string, number>;
  readonly flavours: Flavours;
  /** `account/n` of posts that were dropped by hand. */
  readonly skipped?: ReadonlySet<string>;
}

type BankBook = ReadonlyMap<string, readonly string[]>;

/**
 * Waits until nothing is pending; dead letters that a kill made (a worker died while it handled them alone) are redriven, as an operator
 * would. Returns what is still pending after the limit, in words, or null.
 */
export async function settle(app: Ledger, store: Store, expected: Expected, limitMs: number): Promise<string | null> {
  const until = performance.now() + limitMs;
  let pending = "nothing was seen yet";
  while (performance.now() < until) {
    try {
      pending = await pendingOf(app, store, expected);
      if (pending === "") return null;
    } catch (error) {
      if (!isEvenkeelError(error)) throw error;
      pending = `the store does not answer: ${error.message}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return pending;
}

async function pendingOf(app: Ledger, store: Store, expected: Expected): Promise<string> {
  const words: string[] = [];
  for (const group of await store.summary()) {
    const { lag, waitingKeys, deadLetters, calls } = group;
    if (lag + waitingKeys + deadLetters + calls > 0) {
      words.push(`${group.group}: ${String(lag)} messages, ${String(waitingKeys)} waiting keys, ${String(deadLetters)} dead letters, ${String(calls)} calls`);
    }
    if (deadLetters > 0) for (const letter of await app.deadLetters.list({ group: group.group })) {
      words.push(`dead letter ${letter.code} of key ${letter.key}: ${letter.reason}`);
      if (letter.code === "HANDLER_KILLED") await app.deadLetters.redrive(letter, { actor: "attack", note: "its worker was killed on purpose" });
    }
  }
  if (words.length > 0) return words.join("; ");
  // Timers stand in no summary: the last ones are due soon.
  const timers = [...expected.accounts].flatMap(([account, last]) => timersOf(expected, account, last));
  const ripe = await readAll<RipeData>(store, Ripe, timers);
  return ripe.size < timers.length ? `${String(timers.length - ripe.size)} timers` : "";
}

function timersOf(expected: Expected, account: string, last: number): string[] {
  return numbersOf(expected, account, last).filter(ripens).map((n) => `${account}/${String(n)}`);
}

function numbersOf(expected: Expected, account: string, last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1).filter((n) => !isSkipped(expected, account, n));
}

/** Documents by key, those that are there. */
async function readAll<T>(store: Store, { name }: { readonly name: string }, keys: readonly string[]): Promise<ReadonlyMap<string, T>> {
  const found = await store.load(keys.map((key) => ({ entity: name, tenant: DEFAULT_TENANT, key })));
  return new Map(found.flatMap(({ key, body }) => body === null ? [] : [[key, JSON.parse(body) as T] as const]));
}

function isSkipped(expected: Expected, account: string, n: number): boolean {
  return expected.skipped?.has(`${account}/${String(n)}`) ?? false;
}

/** What does not hold; empty when the audit is clean. */
export async function audit(store: Store, expected: Expected, bank: BankBook): Promise<readonly string[]> {
  const faults: string[] = [];
  const names = [...expected.accounts.keys()];
  for (const [what, folds] of [["account", await readAll<FoldData>(store, Account, names)], ["book", await readAll<FoldData>(store, Book, names)]] as const) {
    for (const [account, last] of expected.accounts) {
      const seen = folds.get(account) ?? { last: 0, pence: 0, faults: [] };
      const pence = sum(numbersOf(expected, account, last).map((n) => postOf(account, n, expected.flavours).pence));
      faults.push(...unexplained(expected, seen.faults).map((fault) => `${what} ${fault}`));
      if (seen.last !== last) faults.push(`${what} ${account} ends at ${String(seen.last)}, and ${String(last)} was confirmed`);
      if (seen.pence !== pence) faults.push(`${what} ${account} holds ${String(seen.pence)} pence, and ${String(pence)} were posted`);
    }
  }
  return [...faults, ...await auditTallies(store, expected), ...await auditCalls(store, expected, bank), ...await auditTimers(store, expected)];
}

/** What a reader saw behind a post that was dropped by hand is as it must be. */
function unexplained(expected: Expected, faults: readonly string[]): readonly string[] {
  const gaps = new Set([...expected.skipped ?? []].map((place) => {
    const [account = "", n] = place.split("/");
    return orderFault(Number(n) - 1, { account, n: Number(n) + 1, pence: 0 });
  }));
  return faults.filter((fault) => !gaps.has(fault));
}

async function auditTallies(store: Store, expected: Expected): Promise<string[]> {
  const buckets = new Map<string, { count: number; pence: number }>();
  for (const [account, last] of expected.accounts) {
    const numbers = numbersOf(expected, account, last);
    const { count, pence } = buckets.get(bucketOf(account)) ?? { count: 0, pence: 0 };
    buckets.set(bucketOf(account), { count: count + numbers.length, pence: pence + sum(numbers.map((n) => postOf(account, n, expected.flavours).pence)) });
  }
  const tallies = await readAll<TallyData>(store, Tally, [...buckets.keys()]);
  return [...buckets].flatMap(([bucket, { count, pence }]) => {
    const seen = tallies.get(bucket) ?? { count: 0, pence: 0, faults: [] };
    const faults = unexplained(expected, seen.faults).map((fault) => `tally ${bucket} ${fault}`);
    const right = seen.count === count && seen.pence === pence;
    return right ? faults : [...faults, `tally ${bucket} counts ${String(seen.count)} entries of ${String(seen.pence)} pence, not ${String(count)} of ${String(pence)}`];
  });
}

async function auditCalls(store: Store, expected: Expected, bank: BankBook): Promise<string[]> {
  const calls = [...expected.accounts].flatMap(([account, last]) => numbersOf(expected, account, last).map((n) => postOf(account, n, expected.flavours)))
    .filter((post) => post.flavour === "call");
  const keyOf = ({ account, n }: { readonly account: string; readonly n: number }): string => `${account}/${String(n)}`;
  const payments = await readAll<PaymentData>(store, Payment, calls.map(keyOf));
  return calls.flatMap((post) => {
    const key = keyOf(post);
    const outcome = isDeclined(post.pence) ? "declined" : "ok";
    const seen = payments.get(key);
    const keys = bank.get(key) ?? [];
    return [
      ...(seen?.requested === 1 ? [] : [`call ${key} was requested ${String(seen?.requested ?? 0)} times`]),
      ...(seen?.outcomes.join() === outcome ? [] : [`call ${key} had the outcomes [${seen?.outcomes.join() ?? ""}], not [${outcome}]`]),
      ...(keys.join() === key ? [] : [`the bank performed ${key} under the keys [${keys.join()}]`]),
    ];
  });
}

async function auditTimers(store: Store, expected: Expected): Promise<string[]> {
  const keys = [...expected.accounts].flatMap(([account, last]) => timersOf(expected, account, last));
  const ripe = await readAll<RipeData>(store, Ripe, keys);
  return keys.filter((key) => ripe.get(key)?.times !== 1).map((key) => `timer ${key} came ${String(ripe.get(key)?.times ?? 0)} times`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

export async function readBank(url: string): Promise<BankBook> {
  const { effects } = await (await fetch(`${url}/book`, { method: "POST" })).json() as
    { readonly effects: readonly { readonly effect: string; readonly keys: readonly string[] }[] };
  return new Map(effects.map(({ effect, keys }) => [effect, keys]));
}
