// Turns what the server or the operating system said into what the reader should do next.
// It only reads text: it repairs nothing, because every repair could cost data.
import { embeddedError } from "./errors.ts";
import type { EmbeddedError } from "./errors.ts";

/** First match wins, so the specific rows come first. */
const rows: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/No space left on device|ENOSPC|Disk quota exceeded|EDQUOT|File too large|EFBIG/i, "The disk is full: free some space and start again; committed data is kept."],
  [/has group or world access|has wrong ownership/i, "The data folder must belong to the server's user alone: restore its owner and `chmod 700` it."],
  [/Permission denied|EACCES|EPERM|Operation not permitted/i, "A folder or file is not accessible for the user that runs the server: give it to that user, or choose another folder."],
  [/Read-only file system|EROFS/i, "The file system is read-only: choose a folder that can be written."],
  [/Unix-domain socket path .* is too long|ENAMETOOLONG|File name too long/i, "The path is too long: choose a folder with a shorter path, or a shorter TMPDIR."],
  [/Address already in use|EADDRINUSE|could not create any TCP\/IP sockets/i, "Another program uses that port or socket: choose another `port` in `settings`, or end that program."],
  [/could not create shared memory segment|could not map anonymous shared memory|Cannot allocate memory/i, "There is not enough memory: lower `shared_buffers` in `settings`, or free some."],
  [/pre-existing shared memory block|lock file .* already exists/i, "Processes of an earlier server still use the data: end them, then start again."],
  [/unrecognized configuration parameter|invalid value for parameter|configuration file .* contains errors|outside the valid range/i, "Correct the named entry of `settings`."],
  [/could not locate a valid checkpoint|not a valid data directory|does not exist|could not open (file|directory)|invalid (data|checkpoint|magic)|incorrect checksum|No such file/i,
    "The data is damaged. It was left as it is: keep a copy of the folder, then restore a backup, or choose a new folder to begin anew."],
];

const otherwise = "Read the server's lines below and its log in the folder; the data was left as it is.";

export function adviceFor(text: string): string {
  return rows.find(([pattern]) => pattern.test(text))?.[1] ?? otherwise;
}

/** The error of a failed start, with advice found in what was said. */
export function startFailed(folder: string, what: string, lines: readonly string[] = [], cause?: unknown): EmbeddedError {
  return embeddedError("EMBEDDED_START_FAILED", { folder, what, advice: adviceFor([...lines, what].join("\n")), lines }, cause);
}
