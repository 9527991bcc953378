// The provider's books in memory: what was captured, declined, refunded or refused under which key, and by what rule.
// It only judges and remembers; it refuses to know HTTP, faults or files. Judging changes nothing: `keep` does.
import type { AnyRecord, ChargeBody, ChargeRecord, LedgerEntry, RefundBody, RefundRecord } from "./contract.ts";

export interface Accounts {
  charge(key: string): ChargeRecord | undefined;
  refund(key: string): RefundRecord | undefined;
  /** The record to be kept for a new charge key. */
  judgeCharge(key: string, body: ChargeBody, declineReason: string | null): ChargeRecord;
  /**
   * The record to be kept for a new refund key; `null` when no such charge was captured. That answer is not kept, because
   * the charge may still be on its way: asked again, it is judged again.
   */
  judgeRefund(key: string, body: RefundBody): RefundRecord | null;
  keep(record: AnyRecord): void;
  /** Captured charges and refunds, in the order in which they happened. */
  readonly ledger: readonly LedgerEntry[];
  readonly declined: number;
}

export function createAccounts(): Accounts {
  const charges = new Map<string, ChargeRecord>();
  const refunds = new Map<string, RefundRecord>();
  const refundedPence = new Map<string, number>(); // by charge key; only charges with a refund have an entry
  const ledger: LedgerEntry[] = [];
  let declined = 0;
  return {
    ledger,
    get declined() {
      return declined;
    },
    charge: (key) => charges.get(key),
    refund: (key) => refunds.get(key),
    judgeCharge(key, body, declineReason) {
      if (declineReason !== null) return { kind: "declined", key, ...body, reason: declineReason };
      return { kind: "captured", id: `ch_${ledger.length + 1}`, key, ...body };
    },
    judgeRefund(key, body) {
      const charge = charges.get(body.chargeKey);
      if (charge?.kind !== "captured") return null;
      const refundablePence = charge.pence - (refundedPence.get(charge.key) ?? 0);
      if (body.pence > refundablePence) return { kind: "beyond captured", key, ...body, refundablePence };
      return { kind: "refunded", id: `re_${ledger.length + 1}`, key, ...body };
    },
    keep(record) {
      switch (record.kind) {
        case "captured":
          charges.set(record.key, record);
          ledger.push(record);
          break;
        case "declined":
          charges.set(record.key, record);
          declined += 1;
          break;
        case "refunded":
          refunds.set(record.key, record);
          refundedPence.set(record.chargeKey, (refundedPence.get(record.chargeKey) ?? 0) + record.pence);
          ledger.push(record);
          break;
        case "beyond captured":
          refunds.set(record.key, record);
          break;
      }
    },
  };
}
