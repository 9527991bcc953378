// One statement that a connection keeps under a name, and its rows: what is sent goes in one buffer and one write, and no description of the rows is asked
// for, since all are text. It stands in for the client library's own query, on the library's connection; what an error means is the caller's to know.
import type pg from "pg";
import type { Value } from "./value.ts";

type Fields = readonly (string | null)[];

/** Of the frontend messages: their codes. See "Message Formats" in PostgreSQL's manual. */
const PARSE = 0x50, BIND = 0x42, EXECUTE = 0x45, SYNC = 0x53;
const EXECUTE_AND_SYNC_BYTES = 15;

export class Exchange implements pg.Submittable {
  /** The library keeps, for each connection, which names it knows, by these two. */
  readonly name: string;
  readonly text: string;
  /** And ends the wait for an answer by this, through `callback`. */
  readonly query_timeout: number;
  callback: (error: Error | null) => void = () => undefined;
  readonly rows: Fields[] = [];
  readonly #values: readonly Value[];

  constructor(name: string, text: string, values: readonly Value[], limitMs: number) {
    this.name = name;
    this.text = text;
    this.query_timeout = limitMs;
    this.#values = values;
  }

  /** An error that is returned ends this alone; one that is thrown would leave the connection waiting for an answer to nothing. */
  submit(connection: pg.Connection): Error | null {
    const { stream } = connection;
    try {
      if (stream.writable) stream.write(encode(this.name, knows(connection, this.name) ? null : this.text, this.#values));
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  handleDataRow({ fields }: { readonly fields: Fields }): void { this.rows.push(fields); }

  handleError(error: Error): void { this.callback(error); }

  handleReadyForQuery(): void { this.callback(null); }

  // Of no interest: nothing but rows is expected, and all of them at once.
  handleRowDescription(): void { return; }
  handleCommandComplete(): void { return; }
  handleEmptyQuery(): void { return; }
  handlePortalSuspended(): void { return; }
}

/** Whether the connection has the statement. Where the library should keep it elsewhere one day, the server refuses the name, and none is used again. */
function knows(connection: pg.Connection, name: string): boolean {
  if (!("parsedStatements" in connection)) return false;
  const { parsedStatements } = connection;
  return typeof parsedStatements === "object" && parsedStatements !== null && name in parsedStatements;
}

/** Bind, Execute and Sync, behind a Parse where the text is given. */
export function encode(name: string, text: string | null, values: readonly Value[]): Buffer {
  const sent = values.map((value) => (value === null || Buffer.isBuffer(value) ? value : String(value)));
  const lengths = sent.map((value) => (value === null ? 0 : typeof value === "string" ? Buffer.byteLength(value) : value.length));
  const nameBytes = Buffer.byteLength(name);
  const parseBytes = text === null ? 0 : 1 + 4 + nameBytes + 1 + Buffer.byteLength(text) + 1 + 2;
  const bindBytes = lengths.reduce((sum, length) => sum + length, 1 + 4 + 1 + nameBytes + 1 + 2 + 2 * sent.length + 2 + 4 * sent.length + 2);
  const out = Buffer.allocUnsafe(parseBytes + bindBytes + EXECUTE_AND_SYNC_BYTES);
  let at = 0;
  if (text !== null) {
    at = out.writeUInt8(PARSE, at);
    at = out.writeInt32BE(parseBytes - 1, at);
    at += out.write(`${name}\0${text}\0`, at);
    // The types of the parameters are the function's.
    at = out.writeInt16BE(0, at);
  }
  at = out.writeUInt8(BIND, at);
  at = out.writeInt32BE(bindBytes - 1, at);
  at += out.write(`\0${name}\0`, at);
  at = out.writeInt16BE(sent.length, at);
  for (const value of sent) at = out.writeInt16BE(typeof value === "object" && value !== null ? 1 : 0, at);
  at = out.writeInt16BE(sent.length, at);
  for (const [index, value] of sent.entries()) {
    at = out.writeInt32BE(value === null ? -1 : lengths[index] ?? 0, at);
    if (value !== null) at += typeof value === "string" ? out.write(value, at) : value.copy(out, at);
  }
  // Rows as text.
  at = out.writeInt16BE(0, at);
  at = out.writeUInt8(EXECUTE, at);
  at = out.writeInt32BE(9, at);
  // The unnamed portal, to its end.
  at = out.writeUInt8(0, at);
  at = out.writeInt32BE(0, at);
  at = out.writeUInt8(SYNC, at);
  out.writeInt32BE(4, at);
  return out;
}
