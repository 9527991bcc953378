// The provider's memory beyond its own death: one JSON line per record, written before the record is answered.
// The line is handed to the operating system, not forced to the disk: it survives a killed process, not a power cut.
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { AnyRecord } from "./contract.ts";

interface Journal {
  /** @throws the system's error when the line cannot be written; the process must then end, for the file may hold half a line */
  write(record: AnyRecord): void;
  close(): void;
}

class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code = "PROVIDER_JOURNAL_CORRUPT";
}

/**
 * Opens a journal, hands every record in it to `restore`, and is then ready for more. A last line without its end was being
 * written when the process died, so it was never answered: it is cut off. Two processes must not share one journal.
 *
 * @throws JournalError when any other line cannot be read; the file is left as it is
 */
export function openJournal(path: string, restore: (record: AnyRecord) => void): Journal {
  const file = openSync(path, "a+");
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf(10) + 1;
  for (const [index, line] of bytes.toString("utf8", 0, whole).split("\n").slice(0, -1).entries()) {
    const record = readRecord(line);
    if (record === null) {
      closeSync(file);
      throw new JournalError(`Line ${index + 1} of the journal ${path} is not a record of this provider (PROVIDER_JOURNAL_CORRUPT). Repair or remove the file; nothing in it was changed.`);
    }
    restore(record);
  }
  if (whole < bytes.length) ftruncateSync(file, whole);
  return {
    write(record) {
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      for (let written = 0; written < line.length; ) written += writeSync(file, line, written);
    },
    close: () => closeSync(file),
  };
}

function readRecord(line: string): AnyRecord | null {
  try {
    return AnyRecord.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
