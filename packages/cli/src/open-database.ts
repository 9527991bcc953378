// Which database a command works on: the one that was named, the environment's, or the embedded server of a folder. The rule is the
// front door's `createApp`, so that a command and the application beside it find the same data.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { EvenkeelError } from "@evenkeel/core";
import type { Log } from "@evenkeel/core/spi";
import { startEmbedded } from "@evenkeel/embedded";
import { openOperator, type OperatorAccess } from "@evenkeel/postgres";
import type { Invocation } from "./command.ts";

interface Place {
  readonly url: string;
  release(): Promise<void>;
}

const VARIABLE = "EVENKEEL_DATABASE_URL";
const FORM = "postgresql://user:password@host:5432/database";

/** @param create whether a folder without data may become an embedded database. */
export async function openDatabase({ given, around }: Invocation, create: boolean): Promise<Place> {
  const named = given.text("database") ?? (given.flag("folder") ? undefined : around.env[VARIABLE]);
  if (named === "") throw invalid(`The URL is empty: write ${FORM}, or remove ${VARIABLE} to use the embedded server.`);
  if (named !== undefined) return { url: named, release: () => Promise.resolve() };
  const folder = resolve(around.folder, given.text("folder") ?? ".evenkeel");
  // Looking at nothing would create a database, and say that all is well with it.
  if (!create && !existsSync(folder)) {
    throw invalid(`There is no database to look at: neither --database nor ${VARIABLE} is set, and there is no folder ${folder}.`);
  }
  const server = await startEmbedded({ folder });
  return { url: server.url, release: () => server.release() };
}

function invalid(message: string): EvenkeelError {
  return new EvenkeelError("DATABASE_URL_INVALID", message);
}

/** Runs `work` on the operator's side of the store, and closes it whatever happens. */
export async function withOperator<T>(invocation: Invocation, work: (operator: OperatorAccess) => Promise<T>): Promise<T> {
  const place = await openDatabase(invocation, false);
  try {
    const schema = schemaOf(invocation);
    const operator = await openOperator({ url: place.url, log: logOf(invocation), ...(schema === undefined ? {} : { schema }) });
    try {
      return await work(operator);
    } finally {
      await operator.close();
    }
  } finally {
    await place.release();
  }
}

export function schemaOf({ given }: Invocation): string | undefined {
  return given.text("schema");
}

/** Warnings and errors as lines for people; a command has little else to say about itself. */
export function logOf({ around }: Invocation): Log {
  return (level, event, fields) => {
    if (level === "warning" || level === "error") around.err(`${level}: ${event} ${JSON.stringify(fields)}\n`);
  };
}
