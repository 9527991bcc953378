// The scanner of CSV records: quoting, line ends, malformed records, and chunks cut anywhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csvScanner, type CsvRecord } from "./csvScanner.ts";

function scan(bytes: Buffer | string, chunkBytes = 1 << 20, maxRecordChars = 65_536): CsvRecord[] {
  const scanner = csvScanner({ maxRecordChars });
  const all = Buffer.from(bytes);
  const out: CsvRecord[] = [];
  for (let at = 0; at < all.length; at += chunkBytes) out.push(...scanner.push(all.subarray(at, at + chunkBytes)));
  return [...out, ...scanner.end()];
}
const fields = (records: CsvRecord[]): unknown[] => records.map((record) => (record.kind === "record" ? record.fields : record.reason));

const TRICKY = '\ufeffa,b,c\r\n1,"x, ""y""\nz",3\n,,\n"",é€,"ü"\r\n"q"\r\nlast,"line"';

test("quotes, commas and line ends inside quotes, CRLF, a byte order mark and non-ASCII text are read as RFC 4180 says", () => {
  assert.deepEqual(fields(scan(TRICKY)), [["a", "b", "c"], ["1", 'x, "y"\nz', "3"], ["", "", ""], ["", "é€", "ü"], ["q"], ["last", "line"]]);
});

test("the same records come out wherever the chunks are cut", () => {
  const whole = scan(TRICKY);
  for (let size = 1; size <= 12; size += 1) assert.deepEqual(scan(TRICKY, size), whole, `chunks of ${size} bytes`);
});

test("line numbers count physical lines, those inside quotes too", () => {
  assert.deepEqual(scan(TRICKY).map((record) => record.lineNumber), [1, 2, 4, 5, 6, 7]);
});

test("a record with bytes that are not UTF-8 is malformed and its neighbours are not", () => {
  const records = scan(Buffer.concat([Buffer.from("a,é\n"), Buffer.from([0x62, 0x2c, 0xe9, 0x0a]), Buffer.from("c,ü\n")]));
  assert.deepEqual(fields(records), [["a", "é"], "the bytes are not UTF-8", ["c", "ü"]]);
  assert.equal(records[1]?.lineNumber, 2);
});

test("text after a closing quote and a quote inside a plain field cost one line each", () => {
  assert.deepEqual(fields(scan('a,"b"x\nc,d"e\nf,g\n')), ["text follows a closing quote", "a quote stands inside an unquoted field", ["f", "g"]]);
});

test("a quote that is never closed costs its own line, not the rest of the file", () => {
  assert.deepEqual(fields(scan('a,"b\nc,d\ne,f')), ["a quote is not closed before the end of the file", ["c", "d"], ["e", "f"]]);
  const rest = "c,d\n".repeat(100);
  const records = scan(`a,"b\n${rest}`, 16, 64);
  assert.equal(records[0]?.kind === "malformed" && records[0].reason, "a quote is not closed within 64 bytes");
  assert.equal(records.length, 101);
  assert.equal(records.at(-1)?.lineNumber, 101);
});

test("a line longer than the bound is reported once and skipped without being kept", () => {
  const records = scan(`a,b\n${"x".repeat(5_000)}\nc,d\n`, 100, 256);
  assert.deepEqual(fields(records), [["a", "b"], "a line is longer than 256 bytes", ["c", "d"]]);
  assert.deepEqual(records.map((record) => record.lineNumber), [1, 2, 3]);
});
