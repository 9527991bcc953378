// The ledger: three services in a chain, with timers and calls. accounts folds posts and asks the bank; books folds what accounts emits and
// what timers bring; tally folds what books emits, under other keys.
import { createAppOn, provide, service, transient, type App, type ProvidedPort, type SettingsInput } from "@evenkeel/core";
import type { Host, Store } from "@evenkeel/core/spi";
import { notPerformed } from "@evenkeel/core";
import { Account, bank, Book, Booked, bucketOf, folded, isDeclined, orderFault, Payment, Posted, Ripe, Ripened, Tallied, Tally } from "./messages.ts";
import type { PostData } from "./messages.ts";

/** How handlers misbehave in one process; a test may change it while the process runs. */
export interface Misbehaviour {
  /** Called for every post that is not plain, before it takes effect: may throw, spin or end the process. */
  onPost(post: PostData): void;
}

const NO_MISBEHAVIOUR: Misbehaviour = { onPost: () => undefined };

/** Half of the runs of a flaky post fail, whatever decides that. */
export function flaky(random: () => number): Misbehaviour {
  return {
    onPost: ({ flavour, account, n }) => {
      if (flavour === "flaky" && random() < 0.5) throw transient("FLAKY", `post ${account}/${String(n)} fails for now`);
    },
  };
}

function ledgerServices(misbehaviour: Misbehaviour) {
  const accounts = service("accounts", { entities: { account: Account, payment: Payment }, ports: { bank }, emits: [Booked] })
    .on(Posted, async (post, { account, payment, emit, call }) => {
      if (post.flavour !== "plain") misbehaviour.onPost(post);
      const { flavour, ...entry } = post;
      account.put(post.account, folded(await account.get(post.account), entry));
      emit(Booked(entry));
      if (flavour !== "call") return;
      const key = `${post.account}/${String(post.n)}`;
      const before = await payment.get(key);
      payment.put(key, { requested: (before?.requested ?? 0) + 1, outcomes: before?.outcomes ?? [] });
      call(bank.pay, { key, input: entry });
    })
    .outcome(bank.pay, {
      ok: async ({ call: { key } }, { payment }) => { await hear(payment, key, "ok"); },
      declined: async ({ call: { key } }, { payment }) => { await hear(payment, key, "declined"); },
      notPerformed: async ({ call: { key } }, { payment }) => { await hear(payment, key, "notPerformed"); },
      unknown: (_outcome, { reconcile }) => { reconcile(); },
    });
  const books = service("books", { entities: { book: Book, ripe: Ripe }, emits: [Tallied, Ripened] })
    .on(Booked, async (entry, { book, emit, schedule }) => {
      book.put(entry.account, folded(await book.get(entry.account), entry));
      emit(Tallied({ ...entry, bucket: bucketOf(entry.account) }));
      if (ripens(entry.n)) schedule(Ripened(entry), { afterMs: (entry.n % 5) * 60 });
    })
    .on(Ripened, async (entry, { ripe }) => {
      const key = `${entry.account}/${String(entry.n)}`;
      ripe.put(key, { times: ((await ripe.get(key))?.times ?? 0) + 1 });
    });
  const tally = service("tally", { entities: { tally: Tally } })
    .on(Tallied, async (entry, { tally: tallies }) => {
      const { count, pence, lasts, faults } = (await tallies.get(entry.bucket)) ?? { count: 0, pence: 0, lasts: {}, faults: [] };
      const fault = orderFault(lasts[entry.account] ?? 0, entry);
      tallies.put(entry.bucket, {
        count: count + 1, pence: pence + entry.pence, lasts: { ...lasts, [entry.account]: entry.n },
        faults: fault === null ? faults : [...faults, fault].slice(0, 20),
      });
    });
  return [accounts, books, tally] as const;
}

interface PaymentAccess {
  get(key: string): Promise<{ readonly requested: number; readonly outcomes: readonly string[] } | undefined>;
  put(key: string, document: { readonly requested: number; readonly outcomes: readonly string[] }): void;
}

async function hear(payment: PaymentAccess, key: string, outcome: string): Promise<void> {
  const before = await payment.get(key);
  payment.put(key, { requested: before?.requested ?? 0, outcomes: [...before?.outcomes ?? [], outcome] });
}

/** Whether the books schedule a message for this number. */
export function ripens(n: number): boolean {
  return n % 4 === 2;
}

/** The bank over HTTP. Nothing it throws hides whether the effect may have happened. */
export function httpBank(url: string): ProvidedPort {
  const post = async (path: string, key: string, body: unknown, signal: AbortSignal): Promise<Response> => {
    try {
      return await fetch(`${url}${path}?key=${encodeURIComponent(key)}`, { method: "POST", body: JSON.stringify(body), signal });
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED") throw notPerformed("the bank does not listen", { cause });
      throw error;
    }
  };
  const answerOf = async (response: Response) => {
    const answer = await response.json() as { readonly kind: string; readonly receipt: string };
    if (answer.kind === "ok") return { kind: "ok" as const, value: { receipt: answer.receipt } };
    if (answer.kind === "declined") return { kind: "declined" as const, value: { why: "the amount" } };
    return { kind: "absent" as const };
  };
  return provide(bank, {
    pay: {
      perform: async ({ key, input, signal }) => {
        const response = await post("/pay", key, input, signal);
        if (response.status === 503) throw notPerformed("the bank is busy", { afterMs: 10 });
        if (!response.ok) throw new Error(`the bank answered ${String(response.status)}`);
        const answer = await answerOf(response);
        if (answer.kind === "absent") throw new Error("the bank answered a payment with 'absent'");
        return answer;
      },
      ask: async ({ key, signal }) => answerOf(await post("/ask", key, {}, signal)),
    },
  });
}

/** A bank without a process, for applications in one process. */
export function localBank(book: Map<string, readonly string[]>): ProvidedPort {
  const answer = (pence: number) => isDeclined(pence)
    ? { kind: "declined" as const, value: { why: "the amount" } } : { kind: "ok" as const, value: { receipt: "r" } };
  return provide(bank, {
    pay: {
      perform: async ({ key, input }) => {
        const effect = `${input.account}/${String(input.n)}`;
        book.set(effect, [...new Set([...book.get(effect) ?? [], key])]);
        return answer(input.pence);
      },
      ask: async ({ key, input }) => book.has(key) ? answer(input.pence) : { kind: "absent" },
    },
  });
}

export type Ledger = App<readonly [typeof Posted]>;

interface LedgerOptions {
  readonly store: Store;
  readonly host: Host;
  readonly bank: ProvidedPort;
  readonly settings?: SettingsInput;
  readonly misbehaviour?: Misbehaviour;
}

const LEDGER_SETTINGS: SettingsInput = {
  leaseMs: 1_000, partitions: 4, spread: "partitions", stopWithinMs: 2_000,
  retry: { maxAttempts: 1_000, baseMs: 10, maxMs: 100 },
};

export function createLedger(options: LedgerOptions): Promise<Ledger> {
  return createAppOn<readonly [typeof Posted]>({
    services: ledgerServices(options.misbehaviour ?? NO_MISBEHAVIOUR), accepts: [Posted], ports: [options.bank],
    settings: { ...LEDGER_SETTINGS, ...options.settings }, store: options.store, host: options.host,
  });
}

