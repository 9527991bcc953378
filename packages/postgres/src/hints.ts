// Hints between processes by LISTEN and NOTIFY, on a channel that only the schema's functions know: coalesced, outside users' transactions, at
// most one per 10 ms per process, and fewer where many processes send. Nothing needs them for correctness; whether they arrive is found out by
// listening for an echo, since a pooler in transaction mode swallows them silently.
import { NO_LIMIT_MS, Waits, type Envelope, type Hint, type Wait } from "@evenkeel/core/spi";
import { BoundedClient } from "./bounded-client.ts";
import { formatHint, formatNotice, MOST_NOTICE_BYTES, parseHint } from "./hint-payload.ts";
import { HintPace } from "./hint-pace.ts";
import type { Scope } from "./scope.ts";

const RECONNECT_MS = 1_000;
const SILENT_MS = 5_000;
/** How long the server has to connect, and to answer LISTEN. */
const ANSWER_MS = 10_000;

export interface Hints {
  hint(hint: Hint): void;
  /**
   * What a publish of this message is to tell by itself; null where it is better told by a hint afterwards: shortly after another, together with
   * others, or because it is long. Counts as told.
   */
  notice(message: Envelope): { readonly sender: string; readonly text: string } | null;
  onHint(listener: (hint: Hint) => void): () => void;
  arrive(): boolean;
  /** Whether LISTEN is being set up anew, and since when: a hint is only ever missed for a while, so this has no limit. */
  waits(generalMs: number): readonly Wait[];
  close(): Promise<void>;
}

export function startHints(scope: Scope, url: string, processId: string): Hints {
  const tellStatement = `select ${scope.s}.tell_1($1)`;
  const listeners = new Set<(hint: Hint) => void>();
  let client: BoundedClient | null = null;
  let heard = false;
  /** When the first hint was sent of which no echo came yet: a listening connection that fell silent is found out by it. */
  let unheardSince: number | null = null;
  let closed = false;
  let sending = false;
  /** What was not told yet; null when there is nothing. */
  let wanted: Hint | null = null;
  let lastSent = -Infinity;
  const pace = new HintPace();
  let timer: NodeJS.Timeout | null = null;
  let started = false;
  const waits = new Waits(() => performance.now());
  let deaf: ReturnType<Waits["begin"]> | null = null;

  function hears(): void {
    if (deaf !== null) waits.end(deaf);
    deaf = null;
  }

  async function listen(): Promise<void> {
    deaf ??= waits.begin("hints", "LISTEN", { limitMs: NO_LIMIT_MS });
    const next = new BoundedClient({
      connectionString: url, application_name: "evenkeel hints", keepAlive: true, keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS,
    });
    client = next;
    try {
      await next.connect();
      next.on("notification", (message) => {
        const { sender, hint } = parseHint(message.payload ?? "");
        // Who sent it was woken by the news itself, and knows better for whom it is.
        if (sender === processId) { heard = true; unheardSince = null; return; }
        pace.heard(sender, performance.now());
        for (const listener of listeners) listener(hint);
      });
      const again = (): void => { if (client === next) listenAnew(); };
      next.on("error", again);
      next.on("end", again);
      await next.query(`select ${scope.s}.listen_1()`);
      hears();
      // By another connection: a pooler gives one that asks what its own statement brings, and nothing afterwards.
      await scope.database.query(tellStatement, [formatHint(processId, { partitions: [], timers: false })]);
    } catch {
      void next.end().catch(() => undefined);
      if (client === next) client = null;
      later();
    }
  }

  function later(): void {
    if (closed || timer !== null) return;
    timer = setTimeout(() => { timer = null; void listen(); }, RECONNECT_MS);
    timer.unref();
  }

  /** What is left of the old connection may never answer: nothing waits for it. */
  function listenAnew(): void {
    deaf ??= waits.begin("hints", "LISTEN", { limitMs: NO_LIMIT_MS });
    const old = client;
    client = null;
    heard = false;
    unheardSince = null;
    void old?.end().catch(() => undefined);
    later();
  }

  function isSilent(): boolean {
    return unheardSince !== null && performance.now() - unheardSince > SILENT_MS;
  }

  async function send(): Promise<void> {
    sending = true;
    while (wanted !== null && !closed) {
      const now = performance.now();
      const gap = lastSent + pace.gapMs(now) - now;
      if (gap > 0) await new Promise((resolve) => setTimeout(resolve, gap));
      const hint = wanted;
      wanted = null;
      sends();
      try {
        await scope.database.query(tellStatement, [formatHint(processId, hint)]);
        if (isSilent()) listenAnew();
      } catch {
        // Readers look by themselves. What was not sent has no echo.
        unheardSince = null;
      }
    }
    sending = false;
  }

  /** Before it is sent: the echo may be here before the answer. */
  function sends(): void {
    lastSent = performance.now();
    if (heard) unheardSince ??= lastSent;
  }

  return {
    notice: (message) => {
      const now = performance.now();
      if (closed || sending || now - lastSent < pace.gapMs(now) || message.body.length > MOST_NOTICE_BYTES) return null;
      const text = formatNotice(message);
      if (Buffer.byteLength(text) > MOST_NOTICE_BYTES) return null;
      sends();
      return { sender: processId, text };
    },
    hint: (hint) => {
      wanted = join(wanted, hint);
      if (!sending && !closed) void send();
    },
    onHint: (listener) => {
      listeners.add(listener);
      if (!started && !closed) void listen();
      started = true;
      return () => { listeners.delete(listener); };
    },
    arrive: () => heard && !isSilent(),
    waits: (generalMs) => waits.list(generalMs),
    close: async () => {
      closed = true;
      hears();
      if (timer !== null) clearTimeout(timer);
      const old = client;
      client = null;
      // Also while it connects: that attempt then ends by itself, or never, and nothing waits for it.
      await old?.end().catch(() => undefined);
    },
  };
}

function join(one: Hint | null, other: Hint): Hint {
  if (one === null) return other;
  const partitions = one.partitions === null || other.partitions === null ? null : [...new Set([...one.partitions, ...other.partitions])];
  return { partitions, timers: one.timers || other.timers };
}
