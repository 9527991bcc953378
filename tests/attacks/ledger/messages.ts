// What the ledger application says and keeps. Every message of an account carries its number `n`, counted from 1 at the door, so each
// reader can tell by itself whether one was lost, doubled or overtaken.
import { command, entity, event, port } from "@evenkeel/core";
import { having } from "./shape.ts";

/** What a post sets in motion besides the books, and how its handler behaves. */
export type Flavour =
  | "plain"
  /** Schedules a message. */
  | "timer"
  /** Requests a call to the bank. */
  | "call"
  /** Fails now and then before it succeeds. */
  | "flaky"
  /** Fails as the test's switch says. */
  | "poison"
  /** Ends its process, or keeps it busy, as the test's switch says. */
  | "deadly";

export interface PostData {
  readonly account: string;
  readonly n: number;
  readonly pence: number;
  readonly flavour: Flavour;
}

export const Posted = command("posted", { key: (post) => post.account, data: having<PostData>("account", "n", "pence", "flavour") });

interface EntryData {
  readonly account: string;
  readonly n: number;
  readonly pence: number;
}

export const Booked = event("booked", { key: (entry) => entry.account, data: having<EntryData>("account", "n", "pence") });

interface TallyEntry extends EntryData {
  readonly bucket: string;
}

/** Keyed by bucket, so many accounts meet in one key. */
export const Tallied = event("tallied", { key: (entry) => entry.bucket, data: having<TallyEntry>("bucket", "account", "n", "pence") });

export const Ripened = event("ripened", { key: (entry) => entry.account, data: having<EntryData>("account", "n", "pence") });

/** `faults` says in words what a reader saw that must not be. */
export interface FoldData {
  readonly last: number;
  readonly pence: number;
  readonly faults: readonly string[];
}

export const Account = entity("account", { data: having<FoldData>("last", "pence", "faults") });
export const Book = entity("book", { data: having<FoldData>("last", "pence", "faults") });

export interface TallyData {
  readonly count: number;
  readonly pence: number;
  readonly lasts: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

export const Tally = entity("tally", { data: having<TallyData>("count", "pence", "lasts", "faults") });

/** One document per timer, by `account/n`: how often it came. */
export interface RipeData {
  readonly times: number;
}

export const Ripe = entity("ripe", { data: having<RipeData>("times") });

export interface PaymentData {
  readonly requested: number;
  readonly outcomes: readonly string[];
}

/** One document per call, by `account/n`. */
export const Payment = entity("payment", { data: having<PaymentData>("requested", "outcomes") });

export const bank = port("bank", {
  pay: {
    input: having<EntryData>("account", "n", "pence"),
    ok: having<{ readonly receipt: string }>("receipt"),
    failures: { declined: having<{ readonly why: string }>("why") },
    timeoutMs: Number(process.env["ATTACK_BANK_TIMEOUT_MS"] ?? "1500"),
    backoffMs: 20,
    maxBackoffMs: 200,
    attempts: 200,
    concurrency: 32,
  },
});

/** The account's next fold: what came, and whether it is what should come. */
export function folded(before: FoldData | undefined, entry: EntryData): FoldData {
  const { last, pence, faults } = before ?? { last: 0, pence: 0, faults: [] };
  const fault = orderFault(last, entry);
  return { last: Math.max(last, entry.n), pence: pence + entry.pence, faults: fault === null ? faults : [...faults, fault].slice(0, 20) };
}

export function orderFault(last: number, entry: EntryData): string | null {
  if (entry.n === last + 1) return null;
  return `${entry.account}: number ${String(entry.n)} came after ${String(last)}: ${entry.n <= last ? "doubled or late" : "one was overtaken or lost"}`;
}

const BUCKETS = 3;

export function bucketOf(account: string): string {
  return `bucket-${String(Number(account.replace(/\D/g, "")) % BUCKETS)}`;
}

/** What the bank must have been asked, and the ledger told, about an amount. */
export function isDeclined(pence: number): boolean {
  return pence % 10 === 7;
}
