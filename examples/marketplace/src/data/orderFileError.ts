// The typed error of the order file: what is wrong with the file as a whole, where, and what to do next.
// A single wrong row is not an error: it is reported as a row of kind `bad` and reading goes on.

type OrderFileCode =
  | "ORDER_FILE_MISSING"
  | "ORDER_FILE_UNREADABLE"
  | "ORDER_FILE_NOT_A_FILE"
  | "ORDER_FILE_EMPTY"
  | "ORDER_FILE_HEADER"
  | "ORDER_FILE_TRUNCATED"
  | "ORDER_FILE_CORRUPT";

export class OrderFileError extends Error {
  override readonly name = "OrderFileError";
  readonly code: OrderFileCode;
  readonly path: string;

  constructor(code: OrderFileCode, path: string, message: string, options?: { readonly cause: unknown }) {
    super(`${message} (${code}, file ${path})`, options);
    this.code = code;
    this.path = path;
  }
}
