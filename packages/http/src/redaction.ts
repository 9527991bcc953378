// Keeping secrets out of everything that is thrown, logged or stored. It knows which headers, query parameters and body fields are secret by
// their names, collects their values from one exchange, and takes them out of texts and values. It refuses to guess what a body holds.

export interface RedactOptions {
  /** Names of further headers whose values are secret. */
  readonly headers?: readonly string[];
  /** Names of further query parameters whose values are secret. */
  readonly query?: readonly string[];
  /** Names of fields whose values are secret wherever they stand in a JSON or form body, sent or received. */
  readonly fields?: readonly string[];
}

const HIDDEN = "[redacted]";
/** Characters of a cookie that can be guessed by nobody, at the very least. */
const LEAST_SESSION = 8;
const SECRET_HEADER = /auth|cookie|(api|access|private|signing)[-_]?key|token|secret|passw|signature|credential|session|[cx]srf/i;
const SECRET_QUERY = /(^|[-_.])(key|sig|code|pin|pwd)$|auth|(api|access|private|signing)[-_]?key|token|secret|passw|signature|credential|session|jwt/i;
const USERINFO = /(:\/\/)[^/?#@\s]+@/g;
const SCHEME = /\b(Bearer|Basic|Digest|Negotiate)\s+[^\s"',;]+/gi;
const PARAMETER = /([?&])([^=&#\s]+)=([^&#\s"']*)/g;

/** What one client considers secret. */
export class Redaction {
  readonly #headers: ReadonlySet<string>;
  readonly #query: ReadonlySet<string>;
  readonly #fields: ReadonlySet<string>;
  /** The same few names come with every request. */
  readonly #known = new Map<string, boolean>();

  constructor({ headers = [], query = [], fields = [] }: RedactOptions) {
    const lower = (names: readonly string[]): Set<string> => new Set(names.map((name) => name.toLowerCase()));
    this.#headers = lower(headers);
    this.#query = lower(query);
    this.#fields = lower(fields);
  }

  isSecretHeader(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const secret = SECRET_HEADER.test(name) || this.#headers.has(name.toLowerCase());
    if (this.#known.size < 1_000) this.#known.set(name, secret);
    return secret;
  }

  isSecretQuery(name: string): boolean {
    return SECRET_QUERY.test(name) || this.#query.has(name.toLowerCase());
  }

  isSecretField(name: string): boolean {
    return this.#fields.has(name.toLowerCase());
  }

  get hasFields(): boolean { return this.#fields.size > 0; }

  /** A URL or path as it may be shown. */
  shown(url: string): string {
    return url.replace(USERINFO, `$1${HIDDEN}@`).replace(PARAMETER, (whole, before: string, name: string) =>
      this.isSecretQuery(decoded(name)) ? `${before}${name}=${HIDDEN}` : whole);
  }
}

/** The secrets of one exchange. Collected when something is to be shown; an exchange that ends well shows nothing. */
export class Secrets {
  readonly #redaction: Redaction;
  readonly #values = new Set<string>();

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** Nothing is secret here: values may pass as they are. */
  get isEmpty(): boolean { return this.#values.size === 0 && !this.#redaction.hasFields; }

  add(value: string): this {
    // Of one or two characters, everything would be hidden.
    if (value.length < 3) return this;
    this.#values.add(value).add(JSON.stringify(value).slice(1, -1));
    const encoded = encodeURIComponent(value.replace(/\p{Surrogate}/gu, ""));
    if (encoded.length >= 3) this.#values.add(encoded);
    return this;
  }

  /** A cookie that was set. A short one names a choice, as a language or a currency, and no session: what is stored may well hold its value. */
  addCookie(cookie: string): this {
    const value = /=([^;]*)/.exec(cookie)?.[1] ?? "";
    return value.length < LEAST_SESSION ? this : this.add(value);
  }

  /** @param all every header here is secret, whatever its name: they came from the credentials. */
  addHeaders(headers: Readonly<Record<string, string>>, all = false): this {
    for (const [name, value] of Object.entries(headers)) {
      if (!all && !this.#redaction.isSecretHeader(name)) continue;
      this.add(value);
      const [scheme = "", ...rest] = value.split(" ");
      const credentials = rest.join(" ");
      this.add(credentials);
      if (scheme.toLowerCase() === "basic") for (const part of Buffer.from(credentials, "base64").toString().split(":")) this.add(part);
    }
    return this;
  }

  addQuery(path: string): this {
    if (!path.includes("?")) return this;
    for (const [, , name = "", value = ""] of path.matchAll(PARAMETER)) {
      if (this.#redaction.isSecretQuery(decoded(name))) this.add(value).add(decoded(value));
    }
    return this;
  }

  /** The values of secret fields, wherever they stand in `body`. */
  addFields(body: unknown): this {
    if (typeof body !== "object" || body === null || !this.#redaction.hasFields) return this;
    for (const [name, value] of Object.entries(body)) {
      if (!Array.isArray(body) && this.#redaction.isSecretField(name)) this.#addAll(value);
      else this.addFields(value);
    }
    return this;
  }

  #addAll(value: unknown): void {
    if (typeof value === "string" || typeof value === "number") this.add(String(value));
    else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) this.#addAll(inner);
  }

  /** The text without secrets: the known ones, and what looks like one. */
  scrub(text: string): string {
    return this.#redaction.shown(this.#withoutKnown(text)).replace(SCHEME, `$1 ${HIDDEN}`);
  }

  /** The longest first: of one that begins another, the other's end would stay. */
  #withoutKnown(text: string): string {
    let clean = text;
    for (const value of [...this.#values].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(value, HIDDEN);
    return clean;
  }

  /** The value with secret fields and known secrets taken out, for what is stored. */
  scrubValue(value: unknown): unknown {
    if (typeof value === "string") return this.#withoutKnown(value);
    if (Array.isArray(value)) return value.map((one) => this.scrubValue(one));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]: [string, unknown]) =>
      [this.#withoutKnown(name), this.#redaction.isSecretField(name) ? HIDDEN : this.scrubValue(inner)]));
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
