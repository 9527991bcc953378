// Turns what the server or the operating system said into what the reader should do next.
// It only reads text: it repairs nothing, because every repair could cost data.
import { DATABASE_URL_SETTING, embeddedError } from "./errors.ts";
import type { EmbeddedError } from "./errors.ts";

/** First match wins, so the specific rows come first. */
const rows: readonly { readonly said: RegExp; readonly advice: string }[] = [
  {
    said: /No space left on device|ENOSPC|Disk quota exceeded|EDQUOT|File too large|EFBIG/i,
    advice: "The disk is full: free some space and start again; committed data is kept.",
  },
  {
    said: /could not look up effective user ID/i,
    advice:
      "PostgreSQL creates a database only for a user with a name: add this user id to /etc/passwd, run as a user that is in it, " +
      `or set ${DATABASE_URL_SETTING} to the address of a PostgreSQL server.`,
  },
  {
    said: /has group or world access|has wrong ownership/i,
    advice: "The data folder must belong to the server's user alone: restore its owner and `chmod 700` it.",
  },
  {
    said: /Permission denied|EACCES|EPERM|Operation not permitted/i,
    advice: "The server's user may not use that folder or file: give it to that user, or choose another folder.",
  },
  {
    said: /ENOTDIR|EEXIST/,
    advice: "A file stands where the folder should be: choose another folder, or remove that file.",
  },
  {
    said: /Read-only file system|EROFS/i,
    advice: "The file system is read-only: choose a folder that can be written.",
  },
  {
    said: /Unix-domain socket path .* is too long|ENAMETOOLONG|File name too long/i,
    advice: "The path is too long: choose a folder with a shorter path, or a shorter TMPDIR.",
  },
  {
    said: /Address already in use|EADDRINUSE|could not create any TCP\/IP sockets/i,
    advice: "Another program uses that port or socket: choose another `port` in `settings`, or end that program.",
  },
  {
    said: /could not (create|resize) shared memory segment|could not map anonymous shared memory|Cannot allocate memory/i,
    advice: "There is not enough memory: lower `shared_buffers` in `settings`, or free some.",
  },
  {
    said: /pre-existing shared memory block|lock file .* already exists/i,
    advice: "Processes of an earlier server still use the data: end them, then start again.",
  },
  {
    said: /unrecognized configuration|invalid value for parameter|configuration file .* contains errors|outside the valid range/i,
    advice: "Correct the named entry of `settings`.",
  },
  {
    said: /valid checkpoint|incompatible with server|not a valid data directory|does not exist|could not open|incorrect checksum/i,
    advice:
      "The data is damaged, or from another kind of machine. It was left as it is: " +
      "keep a copy of the folder, then restore a backup, or begin anew in another folder.",
  },
];

const otherwise = "Read what the server said, here or in its log in the folder; the data was left as it is.";

function adviceFor(text: string): string {
  return rows.find(({ said }) => said.test(text))?.advice ?? otherwise;
}

/** The error of a failed start, with advice found in what was said. */
export function startFailed(folder: string, what: string, lines: readonly string[] = [], cause?: unknown): EmbeddedError {
  return embeddedError("EMBEDDED_START_FAILED", { folder, what, advice: adviceFor([...lines, what].join("\n")), lines }, cause);
}
