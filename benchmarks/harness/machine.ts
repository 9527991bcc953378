// The facts about machine and server that stand beside every figure. It measures nothing.
import { cpus, totalmem } from "node:os";
import { execFileSync } from "node:child_process";
import pg from "pg";
import { clusterSettings } from "./cluster.ts";

export interface Facts {
  readonly machine: string;
  readonly node: string;
  readonly postgres: string;
  readonly settings: Readonly<Record<string, string>>;
}

export async function readFacts(adminUrl: string): Promise<Facts> {
  const cores = cpus();
  const client = new pg.Client(adminUrl);
  await client.connect();
  const names = Object.keys(clusterSettings);
  const { rows } = await client.query<{ name: string; value: string }>(
    "select name, current_setting(name) as value from unnest($1::text[]) as name",
    [names],
  );
  const version = await client.query<{ server_version: string }>("show server_version");
  await client.end();
  return {
    machine: `${cores[0]?.model ?? "unknown CPU"}, ${cores.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.versions.node,
    postgres: version.rows[0]?.server_version ?? "unknown",
    settings: Object.fromEntries(rows.map((r) => [r.name, r.value])),
  };
}

export const versionOf = (binary: string): string =>
  execFileSync(binary, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
