// Documents in memory: JSON text, and once somebody has read it the frozen value: a handler can never change what another sees.

export interface DocumentState {
  /** null: written without being read, so its version is not known. */
  readonly version: number | null;
  readonly body: string | null;
  /** The frozen value of `body`, made by the first reader. */
  value?: unknown;
}

/** A document that is not there. */
export const ABSENT: DocumentState = Object.freeze({ version: 0, body: null });

/** The value of a document, or undefined when there is none. */
export function valueOf(state: DocumentState): unknown {
  if (state.body === null) return undefined;
  state.value ??= freeze(JSON.parse(state.body));
  return state.value;
}

function freeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

/** One string per document; NUL cannot occur in keys, tenants or names. */
export function documentId(entity: string, tenant: string, key: string): string {
  return `${entity}\u0000${tenant}\u0000${key}`;
}
