// What a ledger process is told to do, and the posts that follow from an account and a number alone, so that whoever audits knows them too.
import type { SettingsInput } from "@evenkeel/core";
import type { Flavour, PostData } from "./messages.ts";

export interface PublisherTask {
  readonly accounts: readonly { readonly account: string; readonly confirmed: number }[];
  /** The last number of every account. */
  readonly upTo: number;
  /** Mean pause between two posts of an account. */
  readonly pauseMs: number;
}

export interface WorkerTask {
  readonly url: string;
  readonly schema: string;
  readonly bank: string;
  readonly seed: number;
  readonly flavours: Flavours;
  readonly publish: PublisherTask | null;
  /** Instead of working: publish under one key each time it is told to. */
  readonly door?: boolean;
  readonly settings?: SettingsInput;
  readonly poolSize?: number;
  readonly rotateRows?: number;
  /** What a deadly post does to the process; default: nothing. It stops it, or keeps it busy while this file is there, once only. */
  readonly deadly?: "exit" | "stop" | { readonly spinWhile: string };
}

/** One knock at the door: that many publishes at once of one post under one key. */
export interface Knock { readonly key: string; readonly copies: number; readonly pence: number; readonly inTransaction: boolean }

/** Which numbers of an account have which flavour: `every` numbers, from `first` on. */
export type Flavours = readonly { readonly flavour: Flavour; readonly first: number; readonly every: number }[];

export const MIXED: Flavours = [{ flavour: "call", first: 1, every: 5 }, { flavour: "flaky", first: 3, every: 11 }];

function flavourOf(n: number, flavours: Flavours): Flavour {
  return flavours.find(({ first, every }) => n >= first && (n - first) % every === 0)?.flavour ?? "plain";
}

export function postOf(account: string, n: number, flavours: Flavours): PostData {
  return { account, n, pence: (n * 37) % 101, flavour: flavourOf(n, flavours) };
}
