// Streams the order lines of a CSV or gzipped CSV file: columns found by name, every row accounted for, memory bounded.
// It refuses to judge what a line means for the business (`classifyLine`) and never drops a row in silence.
import { open, type FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { csvScanner, type CsvRecord } from "./csvScanner.ts";
import { OrderFileError } from "./orderFileError.ts";
import { parseInstant, parsePence, parseQuantity, type OrderLine } from "./orderLine.ts";

/** A row that could not be read: where it stands, why, and how it begins. */
export interface BadRow {
  readonly kind: "bad";
  readonly lineNumber: number;
  readonly reason: string;
  readonly text: string;
}

export type OrderRow = { readonly kind: "line"; readonly line: OrderLine } | BadRow;

export const COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"] as const;

const CHUNK_BYTES = 256 * 1024;

/**
 * Reads the order lines of a file, in file order.
 *
 * Gzip is recognised by its first two bytes, whatever the file is called. The columns of `COLUMNS` may stand in any order,
 * beside others that are ignored. Rows that cannot be read are yielded as `bad`, with their line number, and reading goes on;
 * a file that cannot be read as a whole throws. Rows before a truncation are yielded before the error.
 *
 * @throws OrderFileError missing, unreadable, not a regular file, empty, wrong header, truncated or corrupt gzip
 * @example
 * for await (const row of readOrderLines("orders.csv.gz")) if (row.kind === "line") console.log(row.line.sku);
 */
export async function* readOrderLines(path: string): AsyncGenerator<OrderRow, void, undefined> {
  const scanner = csvScanner();
  let read: ((record: CsvRecord) => OrderRow) | null = null;
  let lineNumber = 0;
  for await (const bytes of fileBytes(path, () => lineNumber)) {
    for (const record of bytes === null ? scanner.end() : scanner.push(bytes)) {
      lineNumber = record.lineNumber;
      if (read === null) read = rowReader(path, record);
      else yield read(record);
    }
  }
  if (read === null) throw new OrderFileError("ORDER_FILE_EMPTY", path, "The order file is empty: it has not even a header line. Give a file with order lines.");
}

/** The unzipped bytes of a file in chunks, then one `null` that says the file was complete. */
async function* fileBytes(path: string, lineNumber: () => number): AsyncGenerator<Buffer | null, void, undefined> {
  const file = await openRegularFile(path);
  try {
    const magic = Buffer.alloc(2);
    const { bytesRead } = await file.read(magic, 0, 2, 0);
    const raw = file.createReadStream({ highWaterMark: CHUNK_BYTES, start: 0, autoClose: false });
    const gzipped = bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
    // `pipeline` tears both streams down when either fails or the reader stops early; the iteration below sees the error.
    const bytes: AsyncIterable<Buffer> = gzipped ? pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined) : raw;
    for await (const chunk of bytes) yield chunk;
    yield null;
  } catch (error) {
    throw readError(path, error, lineNumber());
  } finally {
    await file.close();
  }
}

async function openRegularFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      throw new OrderFileError("ORDER_FILE_MISSING", path, "There is no such order file. Check the path, or run without one to use a generated sample.", { cause: error });
    }
    throw new OrderFileError("ORDER_FILE_UNREADABLE", path, `The order file cannot be opened: ${String(errorCode(error))}. Check its permissions.`, { cause: error });
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new OrderFileError("ORDER_FILE_NOT_A_FILE", path, "The path is a directory or a device, not a regular file. Give the CSV file itself.");
}

function readError(path: string, error: unknown, lineNumber: number): unknown {
  const code = errorCode(error);
  if (code === "Z_BUF_ERROR") {
    return new OrderFileError("ORDER_FILE_TRUNCATED", path, `The gzip data ends too early, after line ${lineNumber}. Fetch the file again; the rows up to there were read.`, { cause: error });
  }
  if (typeof code === "string" && code.startsWith("Z_")) {
    return new OrderFileError("ORDER_FILE_CORRUPT", path, `The gzip data is damaged after line ${lineNumber} (${code}). Fetch the file again; the rows up to there were read.`, { cause: error });
  }
  if (error instanceof OrderFileError || code === undefined) return error;
  return new OrderFileError("ORDER_FILE_UNREADABLE", path, `Reading stopped after line ${lineNumber}: ${code}. Check the disk and the permissions.`, { cause: error });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Checks the header and returns the reader of the rows below it. */
function rowReader(path: string, header: CsvRecord): (record: CsvRecord) => OrderRow {
  if (header.kind === "malformed") {
    throw new OrderFileError("ORDER_FILE_HEADER", path, `The header line cannot be read: ${header.reason}. Save the file as UTF-8 CSV with the columns ${COLUMNS.join(", ")}.`);
  }
  const names = header.fields.map((name) => name.trim());
  const indexOf = (column: (typeof COLUMNS)[number]): number => {
    const index = names.indexOf(column);
    if (index < 0) {
      throw new OrderFileError("ORDER_FILE_HEADER", path, `The header has no column ${column}; it has ${names.join(", ").slice(0, 200)}. Add the column, or give a file in this format.`);
    }
    if (names.includes(column, index + 1)) throw new OrderFileError("ORDER_FILE_HEADER", path, `The header has the column ${column} twice. Remove one.`);
    return index;
  };
  const at = {
    invoice: indexOf("InvoiceNo"),
    sku: indexOf("StockCode"),
    description: indexOf("Description"),
    quantity: indexOf("Quantity"),
    date: indexOf("InvoiceDate"),
    price: indexOf("UnitPrice"),
    customer: indexOf("CustomerID"),
    country: indexOf("Country"),
  };
  // Neighbouring lines mostly belong to one invoice: remembering the last instant saves nine parses in ten.
  let lastDate = "";
  let lastInstant: string | null = null;
  const countries = new Map<string, string>();

  // No function is made per row: under tsx each one is also given a name, which cost 0.6 s over 541,909 rows.
  return (record) => {
    if (record.kind === "malformed") return { kind: "bad", lineNumber: record.lineNumber, reason: record.reason, text: record.text };
    const { fields, lineNumber } = record;
    if (fields.length !== names.length) {
      return bad(record, fields.length === 1 && fields[0] === "" ? "the line is empty" : `the row has ${fields.length} fields, the header ${names.length}`);
    }
    const invoice = fields[at.invoice]?.trim() ?? "";
    if (invoice === "") return bad(record, "InvoiceNo is empty");
    const sku = fields[at.sku]?.trim() ?? "";
    if (sku === "") return bad(record, "StockCode is empty");
    const quantity = parseQuantity(fields[at.quantity] ?? "");
    if (quantity === null) return bad(record, "Quantity is not a whole number of at most nine digits");
    const pence = parsePence(fields[at.price] ?? "");
    if (pence === null) return bad(record, "UnitPrice is not a decimal number");
    const date = fields[at.date] ?? "";
    if (date !== lastDate) {
      lastInstant = parseInstant(date);
      lastDate = date;
    }
    if (lastInstant === null) return bad(record, "InvoiceDate is not an instant of the form YYYY-MM-DD HH:MM:SS");
    const customer = fields[at.customer]?.trim() ?? "";
    const country = fields[at.country]?.trim() ?? "";
    let ownCountry = countries.get(country);
    if (ownCountry === undefined) {
      ownCountry = owned(country);
      if (countries.size < 1_000) countries.set(ownCountry, ownCountry);
    }
    return {
      kind: "line",
      line: {
        lineNumber,
        invoice: owned(invoice),
        sku: owned(sku),
        description: fields[at.description] ?? "",
        quantity,
        orderedAt: lastInstant,
        pence,
        // The public file went through a floating-point column: `17850.0` is customer 17850.
        customer: customer === "" ? null : owned(customer.endsWith(".0") ? customer.slice(0, -2) : customer),
        country: ownCountry,
      },
    };
  };
}

function bad(record: CsvRecord & { readonly kind: "record" }, reason: string): BadRow {
  return { kind: "bad", lineNumber: record.lineNumber, reason, text: record.fields.join(",").slice(0, 200) };
}

/** V8 keeps a slice of 13 characters or more as a window into its chunk: a copy lets the chunk be collected. */
function owned(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, "utf8").toString("utf8");
}
