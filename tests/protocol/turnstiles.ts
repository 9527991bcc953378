// Turnstiles in a database of its own: the shipping functions run there unchanged, and stop after each of their lock steps until they are let through.
// The names by which they call PostgreSQL's functions find ours first (search_path), and ours do the same and wait; statements that append are
// stopped by triggers, and so is the moment before the commit. What runs under another application name than "replay <number>" is not stopped.
import pg from "pg";

/** The class of the locks that are the turnstiles: none of the store's. */
const GATE = 770_077;
const MOST = 50;

const INSTALL = `
create schema shadow;
create function shadow.gate() returns void language plpgsql set lock_timeout = 0 as $$
declare who int := substring(current_setting('application_name') from '^replay ([0-9]+)$')::int; place int;
begin
  if who is null then return; end if;
  -- A sequence: what an error takes back would be passed again.
  place := who * ${String(MOST)} + nextval(('shadow.passed_' || who)::regclass) - 1;
  perform pg_catalog.pg_advisory_lock(${String(GATE)}, place);
  perform pg_catalog.pg_advisory_unlock(${String(GATE)}, place);
end $$;
create function shadow.pg_advisory_xact_lock(a int, b int) returns void language plpgsql set lock_timeout = 0 as $$
begin perform shadow.gate(); perform pg_catalog.pg_advisory_xact_lock(a, b); perform shadow.gate(); end $$;
create function shadow.pg_advisory_xact_lock_shared(a int, b int) returns void language plpgsql set lock_timeout = 0 as $$
begin perform shadow.gate(); perform pg_catalog.pg_advisory_xact_lock_shared(a, b); perform shadow.gate(); end $$;
-- For a function without its lock: stops as often.
create function shadow.passed_both(a int, b int) returns void language plpgsql as $$ begin perform shadow.gate(); perform shadow.gate(); end $$;
-- Each function looks by this whether the statement before it did all that it should.
create function shadow.array_length(a anyarray, dimension int) returns int language plpgsql as $$
begin perform shadow.gate(); return pg_catalog.array_length(a, dimension); end $$;
create function shadow.at_statement() returns trigger language plpgsql as $$ begin perform shadow.gate(); return null; end $$;
create function shadow.at_commit() returns trigger language plpgsql as $$
begin
  if current_setting('shadow.ending', true) is distinct from 'yes' then
    perform set_config('shadow.ending', 'yes', true);
    perform shadow.gate();
  end if;
  return null;
end $$;
create trigger stop before insert on evenkeel.log for each statement execute function shadow.at_statement();
create trigger stop before insert on evenkeel.door for each statement execute function shadow.at_statement();
create trigger stop before update on evenkeel.lease for each statement execute function shadow.at_statement();
create constraint trigger last after insert on evenkeel.log deferrable initially deferred for each row execute function shadow.at_commit();
create constraint trigger last after insert on evenkeel.progress deferrable initially deferred for each row execute function shadow.at_commit();
create constraint trigger last after update on evenkeel.lease deferrable initially deferred for each row execute function shadow.at_commit();
`;

/** Where one of the stopped stands. */
type Stand =
  | { readonly kind: "stopped"; readonly at: number }
  | { readonly kind: "waits"; readonly for: readonly number[] }
  | { readonly kind: "runs" };

export interface Sight {
  readonly stands: readonly Stand[];
  /** Advisory locks of the store that are held, by holder: "class number mode". */
  readonly held: readonly (readonly string[])[];
}

interface LockRow {
  readonly who: string; readonly pid: number; readonly class: string; readonly number: string; readonly mode: string; readonly granted: boolean;
  readonly blockers: readonly number[] | null; readonly type: string;
}

export class Turnstiles {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Installs them, beside a prepared store. @param seats how many can be stopped. */
  static async install(url: string, seats: number): Promise<Turnstiles> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(INSTALL);
    for (let seat = 0; seat < seats; seat++) await client.query(`create sequence shadow.passed_${String(seat)} cache 1`);
    const { rows } = await client.query<{ name: string }>("select current_database() as name");
    await client.query(`alter database "${rows[0]?.name ?? ""}" set search_path = shadow, pg_catalog`);
    return new Turnstiles(client);
  }

  async run(sql: string): Promise<void> {
    await this.#client.query(sql);
  }

  async rows<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return (await this.#client.query<Row>(sql)).rows;
  }

  /** Closes these, by seat; all others are open. */
  async close(stops: readonly (readonly number[])[]): Promise<void> {
    const keys = stops.flatMap((places, seat) => places.map((place) => seat * MOST + place));
    const restart = stops.map((_, seat) => `select setval('shadow.passed_${String(seat)}', 1, false);`).join("");
    await this.#client.query(`select pg_advisory_unlock_all(); ${restart} select pg_advisory_lock(${String(GATE)}, key) from unnest(array[${keys.join()}]::int[]) as key`);
  }

  async open(seat: number, places: readonly number[]): Promise<void> {
    await this.#client.query(`select pg_advisory_unlock(${String(GATE)}, key) from unnest(array[${places.map((place) => seat * MOST + place).join()}]::int[]) as key`);
  }

  async openAll(): Promise<void> {
    await this.#client.query("select pg_advisory_unlock_all()");
  }

  async look(seats: number): Promise<Sight> {
    const { rows } = await this.#client.query<LockRow>(`
      select a.application_name as who, l.pid, l.classid::text as class, l.objid::text as number, l.mode, l.granted, l.locktype as type,
        case when not l.granted then pg_blocking_pids(l.pid) end as blockers
      from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where a.datname = current_database() and a.application_name like 'replay %' and (l.locktype = 'advisory' or not l.granted)`);
    const seatOf = (row: LockRow): number => Number(row.who.slice("replay ".length));
    const seatOfPid = new Map(rows.map((row) => [row.pid, seatOf(row)]));
    const stands = Array.from({ length: seats }, (_, seat): Stand => {
      const waiting = rows.find((row) => seatOf(row) === seat && !row.granted);
      if (waiting === undefined) return { kind: "runs" };
      if (waiting.class === String(GATE)) return { kind: "stopped", at: Number(waiting.number) - seat * MOST };
      return { kind: "waits", for: (waiting.blockers ?? []).map((pid) => seatOfPid.get(pid) ?? -1).sort((a, b) => a - b) };
    });
    const held = Array.from({ length: seats }, (_, seat) => rows.filter((row) => seatOf(row) === seat && row.granted && row.class !== String(GATE))
      .map((row) => `${row.class} ${row.number} ${row.mode === "ShareLock" ? "shared" : "exclusive"}`).sort());
    return { stands, held };
  }

  async end(): Promise<void> {
    await this.#client.end();
  }
}
