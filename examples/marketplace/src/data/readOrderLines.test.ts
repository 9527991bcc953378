// Reading order files: columns, gzip, bad rows, and files that cannot be read.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { generateSample } from "./generateSample.ts";
import { OrderFileError } from "./orderFileError.ts";
import { readOrderLines, type OrderRow } from "./readOrderLines.ts";

const HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
const ROW = '536365,85123A,"LAMP, ""BIG""",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n';

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "order-lines-"));
});
after(() => rm(folder, { recursive: true }));

async function fileOf(content: string | Buffer, name = "orders.csv"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
async function rowsOf(content: string | Buffer, name?: string): Promise<OrderRow[]> {
  const rows: OrderRow[] = [];
  for await (const row of readOrderLines(await fileOf(content, name))) rows.push(row);
  return rows;
}
async function refusal(path: string): Promise<OrderFileError> {
  try {
    for await (const row of readOrderLines(path)) assert.ok(row);
  } catch (error) {
    assert.ok(error instanceof OrderFileError, String(error));
    return error;
  }
  return assert.fail("the file was accepted");
}

test("a line is read whole: quoting undone, pence and quantity exact, the customer without the trace of a fraction", async () => {
  assert.deepEqual(await rowsOf(HEADER + ROW), [
    {
      kind: "line",
      line: {
        lineNumber: 2, invoice: "536365", sku: "85123A", description: 'LAMP, "BIG"', quantity: 6, orderedAt: "2010-12-01T08:26:00.000Z",
        pence: 255, customer: "17850", country: "United Kingdom",
      },
    },
  ]);
});

test("columns are found by name in any order, beside unknown ones", async () => {
  const rows = await rowsOf("\ufeffCountry,Extra,CustomerID,UnitPrice,InvoiceDate,Quantity,Description,StockCode,InvoiceNo\r\nFrance,?,,0.5,2011-01-02 10:00:00,-2,,POST,C1\r\n");
  assert.ok(rows[0]?.kind === "line");
  assert.deepEqual([rows[0].line.country, rows[0].line.customer, rows[0].line.pence, rows[0].line.quantity, rows[0].line.invoice], ["France", null, 50, -2, "C1"]);
});

test("gzip is recognised by its bytes and not by the name of the file", async () => {
  assert.equal((await rowsOf(gzipSync(HEADER + ROW), "zipped.csv")).length, 1);
  assert.equal((await rowsOf(HEADER + ROW, "plain.csv.gz")).length, 1);
});

test("every row that cannot be read is reported with its line and reason, and reading goes on", async () => {
  const bad = [
    "1,2,3\n", "\n", ROW.replace(",6,", ",six,"), ROW.replace("2.55", "cheap"), ROW.replace("2010-12-01", "2010-12-32"),
    ROW.replace("85123A", " "), ROW.replace("536365", ""), ROW.replace('"LAMP', 'x"LAMP'),
  ];
  const rows = await rowsOf(Buffer.concat([Buffer.from(HEADER + bad.join("")), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from(ROW)]));
  assert.deepEqual(rows.map((row) => (row.kind === "bad" ? `${row.lineNumber}: ${row.reason}` : "read")), [
    "2: the row has 3 fields, the header 8",
    "3: the line is empty",
    "4: Quantity is not a whole number of at most nine digits",
    "5: UnitPrice is not a decimal number",
    "6: InvoiceDate is not an instant of the form YYYY-MM-DD HH:MM:SS",
    "7: StockCode is empty",
    "8: InvoiceNo is empty",
    "9: a quote stands inside an unquoted field",
    "10: the bytes are not UTF-8",
    "read",
  ]);
});

test("a header without a column is refused by the name of the column", async () => {
  const error = await refusal(await fileOf(HEADER.replace("UnitPrice,", "Price,") + ROW));
  assert.equal(error.code, "ORDER_FILE_HEADER");
  assert.match(error.message, /no column UnitPrice/);
});

test("a header in another encoding or with a column twice is refused", async () => {
  assert.equal((await refusal(await fileOf(Buffer.from(`\ufeff${HEADER}`, "utf16le")))).code, "ORDER_FILE_HEADER");
  assert.match((await refusal(await fileOf(HEADER.replace("Description", "Country")))).message, /no column Description/);
  assert.match((await refusal(await fileOf(HEADER.replace("Country", "Country,Country")))).message, /Country twice/);
});

test("an empty, missing or directory path is refused by a typed error that names it", async () => {
  assert.equal((await refusal(await fileOf(""))).code, "ORDER_FILE_EMPTY");
  assert.equal((await refusal(await fileOf(gzipSync("")))).code, "ORDER_FILE_EMPTY");
  const missing = await refusal(join(folder, "nowhere.csv"));
  assert.equal(missing.code, "ORDER_FILE_MISSING");
  assert.match(missing.message, /nowhere\.csv/);
  assert.equal((await refusal(folder)).code, "ORDER_FILE_NOT_A_FILE");
});

test("truncated and damaged gzip yield the rows before the damage and then a typed error with the line reached", async () => {
  const zipped = gzipSync([...generateSample({ invoices: 20 })].join(""));
  const truncated = await fileOf(zipped.subarray(0, zipped.length - 100));
  let rows = 0;
  await assert.rejects(
    async () => {
      for await (const row of readOrderLines(truncated)) rows += row.kind === "line" ? 1 : 0;
    },
    (error) => error instanceof OrderFileError && error.code === "ORDER_FILE_TRUNCATED" && /after line [1-9]/.test(error.message),
  );
  assert.ok(rows > 0);
  const damaged = Buffer.from(zipped);
  damaged.fill(0xff, 2_000, 2_100);
  assert.equal((await refusal(await fileOf(damaged))).code, "ORDER_FILE_CORRUPT");
});

const OPEN_FILES = "/proc/self/fd";
test("a reader that stops early leaves no open file", { skip: existsSync(OPEN_FILES) ? false : `needs ${OPEN_FILES}` }, async () => {
  const path = await fileOf(gzipSync([...generateSample({ invoices: 50 })].join("")), "stopped.csv.gz");
  const openNow = async (): Promise<number> => {
    const targets = await Promise.all((await readdir(OPEN_FILES)).map((fd) => readlink(`${OPEN_FILES}/${fd}`).catch(() => "")));
    return targets.filter((target) => target.endsWith("stopped.csv.gz")).length;
  };
  for (let time = 0; time < 5; time += 1) {
    for await (const row of readOrderLines(path)) {
      if (row.kind !== "line") continue;
      assert.equal(await openNow(), 1);
      break;
    }
  }
  assert.equal(await openNow(), 0);
});
