// The typed error of the marketplace's own doings: what went wrong, where, and what to do next.

type MarketplaceCode = "OPTION_INVALID" | "RUN_STUCK" | "RUN_STOPPED" | "WORKER_ENDED";

export class MarketplaceError extends Error {
  override readonly name = "MarketplaceError";
  readonly code: MarketplaceCode;

  constructor(code: MarketplaceCode, message: string, options?: { readonly cause: unknown }) {
    super(`${message} (${code})`, options);
    this.code = code;
  }
}
