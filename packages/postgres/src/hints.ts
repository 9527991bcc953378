// Hints between processes by LISTEN and NOTIFY: coalesced, outside users' transactions, at most one per 10 ms per process. Nothing needs them
// for correctness; whether they arrive is found out by listening for an echo, since a pooler in transaction mode swallows them silently.
import pg from "pg";
import type { Scope } from "./scope.ts";

const LEAST_GAP_MS = 10;
const RECONNECT_MS = 1_000;

export interface Hints {
  hint(): void;
  onHint(listener: () => void): () => void;
  arrive(): boolean;
  close(): Promise<void>;
}

export function startHints(scope: Scope, url: string, processId: string): Hints {
  const channel = `evenkeel_${scope.schema}`.slice(0, 63);
  const listeners = new Set<() => void>();
  let client: pg.Client | null = null;
  let heard = false;
  let closed = false;
  let sending = false;
  let wanted = false;
  let lastSent = 0;
  let timer: NodeJS.Timeout | null = null;
  let listening: Promise<void> | null = null;

  async function listen(): Promise<void> {
    const next = new pg.Client({ connectionString: url, application_name: "evenkeel hints", keepAlive: true });
    try {
      await next.connect();
      next.on("notification", (message) => {
        if (message.payload === processId) heard = true;
        else for (const listener of listeners) listener();
      });
      const again = (): void => { if (client === next) { client = null; heard = false; later(); } };
      next.on("error", again);
      next.on("end", again);
      client = next;
      await next.query(`listen "${channel.replaceAll('"', '""')}"`);
      await next.query("select pg_notify($1, $2)", [channel, processId]);
    } catch {
      await next.end().catch(() => undefined);
      if (client === next) client = null;
      later();
    }
  }

  function later(): void {
    if (closed) return;
    timer = setTimeout(() => { listening = listen(); }, RECONNECT_MS);
    timer.unref();
  }

  async function send(): Promise<void> {
    sending = true;
    while (wanted && !closed) {
      const gap = lastSent + LEAST_GAP_MS - performance.now();
      if (gap > 0) await new Promise((resolve) => setTimeout(resolve, gap));
      wanted = false;
      lastSent = performance.now();
      try {
        await scope.database.query("select pg_notify($1, '')", [channel]);
      } catch {
        // Readers look by themselves.
      }
    }
    sending = false;
  }

  return {
    hint: () => {
      wanted = true;
      if (!sending && !closed) void send();
    },
    onHint: (listener) => {
      listeners.add(listener);
      listening ??= listen();
      return () => { listeners.delete(listener); };
    },
    arrive: () => heard,
    close: async () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await listening;
      await client?.end().catch(() => undefined);
      client = null;
    },
  };
}
