// Publish: from data to envelopes to one door record per call. Calls that arrive while a flush is under way travel together in the next
// one; each keeps its own door record and its own end. Waits for nothing else, and keeps nothing when the process dies.
import { EvenkeelError } from "../errors.ts";
import { checkKey, encode, type BodyLimits } from "../message/codec.ts";
import type { AnyMessageDefinition, NewMessage } from "../message/definition.ts";
import { derivedId, digestOf } from "../message/hash.ts";
import { checkOptionNames, type OptionNames } from "../message/option-names.ts";
import type { NewTimer } from "../message/changes.ts";
import type { Host } from "../spi/host.ts";
import type { PublishCall, PublishResult, Receipt, Store } from "../spi/store.ts";
import { DOOR_GROUP } from "../spi/system-groups.ts";
import type { Wait } from "../spi/waits.ts";
import { DEFAULT_TENANT, parseTenant } from "../tenancy.ts";
import { parseWhen } from "../decide/recorder.ts";
import { appendedBy, type Appended } from "./appended.ts";

export interface PublishOptions {
  /** Publishing again under the same key, in the same tenant, yields the same message once. Default: a new key per call. */
  readonly idempotencyKey?: string;
  /** Default "default". */
  readonly tenant?: string;
  /** Ties the message to an earlier story; default: a new correlation id. */
  readonly correlationId?: string;
  /** W3C `traceparent`. */
  readonly trace?: string;
  /** Delivers later instead of now. */
  readonly afterMs?: number;
  readonly at?: Date;
}

const OPTION_NAMES: OptionNames<PublishOptions> = { idempotencyKey: true, tenant: true, correlationId: true, trace: true, afterMs: true, at: true };

interface PublisherSettings {
  readonly partitions: number;
  readonly limits: BodyLimits;
  readonly accepts: ReadonlySet<AnyMessageDefinition>;
  /** How long a publish in doubt is repeated before `PUBLISH_UNRESOLVED`. */
  readonly resolveMs: number;
}

/** Messages of one flush at most. */
const MAX_FLUSH = 2_000;
/** A second flush may travel beside the first when this many calls or messages wait: fewer do better to wait and go together. */
const SECOND_FLUSH = 200;
const MAX_FLUSHES = 2;
const RETRY_MS = 100;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

interface Waiting {
  readonly call: PublishCall;
  readonly since: number;
  readonly resolve: (receipts: readonly Receipt[]) => void;
  readonly reject: (error: Error) => void;
  /** An answer was lost before: if the door knows the call now, that is why, and nobody has heard of it yet. */
  wasInDoubt: boolean;
}

export class Publisher {
  readonly #store: Store;
  readonly #host: Host;
  readonly #settings: PublisherSettings;
  readonly #onPublished: (appended: Appended) => void;
  /** Everything that was not answered yet, oldest first: a set, since its members are there anyhow and publishes are many. */
  readonly #open = new Set<Waiting>();
  #waiting: Waiting[] = [];
  #waitingMessages = 0;
  #flushes = 0;

  constructor(store: Store, host: Host, settings: PublisherSettings, onPublished: (appended: Appended) => void) {
    this.#store = store;
    this.#host = host;
    this.#settings = settings;
    this.#onPublished = onPublished;
  }

  /** Validates and stamps messages: everything that can be refused is refused here, before anything is written. */
  prepare(messages: readonly NewMessage[], options: PublishOptions): PublishCall {
    checkOptionNames("A publish", options, OPTION_NAMES);
    const tenant = parseTenant(options.tenant ?? DEFAULT_TENANT);
    const now = this.#host.now();
    const correlationId = options.correlationId === undefined ? this.#host.newId() : checkKey(options.correlationId, "The correlation id");
    const trace = options.trace ?? null;
    if (trace !== null && !TRACEPARENT.test(trace)) {
      throw new EvenkeelError("CONFIG_INVALID", `'${trace.slice(0, 80)}' is not a W3C traceparent: pass the header as it came, or leave it out.`);
    }
    const doorKey = options.idempotencyKey === undefined ? `~${this.#host.newId()}` : checkKey(options.idempotencyKey, "The idempotency key");
    if (options.idempotencyKey?.startsWith("~") === true) {
      throw new EvenkeelError(
        "KEY_INVALID",
        `The idempotency key '${options.idempotencyKey}' begins with '~', which is kept for keys made by the platform: choose another beginning.`,
      );
    }
    const envelopes = messages.map(({ definition, data }, ordinal) => {
      if (!this.#settings.accepts.has(definition)) {
        throw new EvenkeelError(
          "MESSAGE_NOT_ACCEPTED",
          `'${definition.name}' was published, and the application does not accept it at its door: add the definition to \`accepts\`.`,
          { details: { name: definition.name } },
        );
      }
      // The id comes from the door key, so that a repeat returns the same id without a look-up.
      const id = derivedId(`${tenant}\u0000${doorKey}\u0000${String(ordinal)}`);
      return encode(
        definition,
        data,
        { id, tenant, causationId: null, correlationId, trace, occurredAt: now },
        this.#settings.partitions,
        this.#settings.limits,
      );
    });
    const when =
      options.at !== undefined
        ? parseWhen({ at: options.at }, "the publish")
        : options.afterMs !== undefined
          ? parseWhen({ afterMs: options.afterMs }, "the publish")
          : null;
    const delay = when === null ? "" : JSON.stringify(when);
    const digest = digestOf(
      `${delay}\u0001${envelopes.map((one) => `${one.name}\u0000${String(one.version)}\u0000${one.key}\u0000${one.body}`).join("\u0001")}`,
    );
    if (when === null) return { tenant, doorKey, digest, messages: envelopes, timers: [] };
    const timers = envelopes.map((message): NewTimer => ({ name: message.id, group: DOOR_GROUP, routingKey: message.key, message, when }));
    return { tenant, doorKey, digest, messages: [], timers };
  }

  /** Resolves once the call is durable. Rejects with `IDEMPOTENCY_CONFLICT`, `PUBLISH_UNRESOLVED` or `STORE_UNAVAILABLE`. */
  publish(call: PublishCall): Promise<readonly Receipt[]> {
    if (call.messages.length === 0 && call.timers.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const one: Waiting = { call, since: this.#host.elapsed(), resolve, reject, wasInDoubt: false };
      this.#open.add(one);
      this.#waiting.push(one);
      this.#waitingMessages += call.messages.length + call.timers.length;
      this.#start();
    });
  }

  /** The publish that has waited longest, for all of them: there may be thousands, and they wait for the same. */
  waits(generalMs: number): readonly Wait[] {
    const [oldest] = this.#open;
    if (oldest === undefined) return [];
    const { since, call: { messages, timers, tenant } } = oldest;
    const forMs = this.#host.elapsed() - since;
    const detail = `${String(this.#open.size)} publishes, the oldest of tenant ${tenant}`;
    const name = `publish ${(messages[0] ?? timers[0]?.message)?.name ?? "nothing"}`;
    return [{ kind: "publish", name, detail, forMs, limitMs: generalMs, overdue: forMs >= generalMs, givenUp: false }];
  }

  #start(): void {
    if (this.#flushes > 0 && (this.#flushes >= MAX_FLUSHES || this.#waitingMessages < SECOND_FLUSH)) return;
    this.#flushes++;
    void this.#flush();
  }

  async #flush(): Promise<void> {
    // Let calls of the same turn join before the first statement leaves.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      let results: readonly PublishResult[];
      try {
        results = await this.#store.publish(batch.map((one) => one.call));
      } catch (error) {
        results = batch.map(() => ({ kind: "inDoubt", reason: error instanceof Error ? error.message : String(error) }));
      }
      this.#settle(batch, results);
    }
    this.#flushes--;
  }

  #take(): Waiting[] {
    let messages = 0;
    let count = 0;
    for (const { call } of this.#waiting) {
      messages += call.messages.length + call.timers.length;
      if (count > 0 && messages > MAX_FLUSH) break;
      count++;
    }
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    for (const { call } of batch) this.#waitingMessages -= call.messages.length + call.timers.length;
    return batch;
  }

  #settle(batch: readonly Waiting[], results: readonly PublishResult[]): void {
    for (const [index, one] of batch.entries()) {
      const result = results[index];
      if (result === undefined || result.kind === "inDoubt") {
        this.#again(one, result?.reason ?? "no answer");
        continue;
      }
      this.#open.delete(one);
      if (result.kind === "conflict") {
        one.reject(
          new EvenkeelError(
            "IDEMPOTENCY_CONFLICT",
            `The idempotency key '${one.call.doorKey}' of tenant '${one.call.tenant}' was used before with another payload: use a new key for a new message.`,
            { details: { idempotencyKey: one.call.doorKey, tenant: one.call.tenant } },
          ),
        );
        continue;
      }
      if (result.kind === "repeated" && one.wasInDoubt) this.#tellLate(one.call);
      one.resolve(result.receipts);
    }
    this.#onPublished(appendedBy(batch.map((one) => one.call), results));
  }

  /** The attempt whose answer was lost had happened, and told nobody. */
  #tellLate({ messages, timers }: PublishCall): void {
    const late = { partitions: [...new Set(messages.map((message) => message.partition))], timers: timers.length > 0 };
    this.#store.hint(late);
    this.#onPublished({ messages, handovers: [], timers: late.timers });
  }

  /** In doubt: the same call again, which the door makes safe. */
  #again(one: Waiting, reason: string): void {
    one.wasInDoubt = true;
    if (this.#host.elapsed() - one.since >= this.#settings.resolveMs) {
      this.#open.delete(one);
      one.reject(
        new EvenkeelError(
          "PUBLISH_UNRESOLVED",
          `The store did not confirm the publish within ${String(this.#settings.resolveMs)} ms (${reason}): it may or may not have happened. Publish again with the same idempotency key.`,
          { details: { idempotencyKey: one.call.doorKey, reason } },
        ),
      );
      return;
    }
    this.#host.after(RETRY_MS, () => {
      this.#waiting.push(one);
      this.#waitingMessages += one.call.messages.length + one.call.timers.length;
      this.#start();
    });
  }
}
