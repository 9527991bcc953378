// What a key's document tells of the calls that its handler requested without a row: in which epoch, and whether one goes on with a row or is
// over. It decides nothing.
import type { MemoryState } from "@evenkeel/core/engine";

type Documents = Pick<MemoryState, "documents">;

export interface Entry {
  readonly call: string;
  /** The ownership in which it was requested. */
  readonly epoch: number;
  readonly state: "open" | "row" | "over";
}

const STATES: readonly Entry["state"][] = ["open", "row", "over"];

export const ENTITY = "run";

export function bodyOf(entries: readonly Entry[]): string {
  return entries.map(({ call, epoch, state }) => `${call}:${String(epoch)}:${state}`).join(",");
}

export function entriesOf(body: string | null): readonly Entry[] {
  if (body === null || body === "") return [];
  return body.split(",").map((text) => {
    const [call = "", epoch, told] = text.split(":");
    const state = STATES.find((one) => one === told);
    if (state === undefined) throw new Error(`No document says '${text}'.`);
    return { call, epoch: Number(epoch), state };
  });
}

export function storedOf({ documents }: Documents, key: string): { readonly version: number; readonly entries: readonly Entry[] } {
  const found = [...documents.values()].find((one) => one.key === key);
  return { version: found?.version ?? 0, entries: entriesOf(found?.body ?? null) };
}

export function documentsOf({ documents }: Documents): { readonly key: string; readonly version: number; readonly entries: readonly Entry[] }[] {
  return [...documents.values()].map(({ key, version, body }) => ({ key, version, entries: entriesOf(body) }));
}

export function isOpen({ state }: Entry): boolean {
  return state === "open";
}

/** Whether the outcome of a call was taken into its document. */
export function hasCounted(store: Documents, callKey: string): boolean {
  return documentsOf(store).some(({ entries }) => entries.some(({ call, state }) => call === callKey && state === "over"));
}
