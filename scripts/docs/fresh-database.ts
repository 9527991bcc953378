// A database of its own for one block of documentation, on the run's shared server, and gone afterwards.
import { randomBytes } from "node:crypto";
import pg from "pg";

/** Runs `use` with the address of a new, empty database. */
export async function withFreshDatabase<T>(serverUrl: string, use: (url: string) => Promise<T>): Promise<T> {
  const name = `docs_${randomBytes(6).toString("hex")}`;
  await execute(serverUrl, `CREATE DATABASE ${name}`);
  try {
    return await use(databaseUrl(serverUrl, name));
  } finally {
    await execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  }
}

/** The same address with another database. Addresses of socket folders have no host, which URL refuses; so by hand. */
function databaseUrl(serverUrl: string, name: string): string {
  return serverUrl.replace(/^(\w+:\/\/[^/?]*)(?:\/[^?]*)?/, `$1/${name}`);
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
