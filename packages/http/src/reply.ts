// An answer as a user reads it. It holds no cookies; whether its body is JSON is found out when it is asked for.
import { EvenkeelError } from "@evenkeel/core";

export interface HttpReply<Kind extends string = string> {
  /** What its status stands for: "ok", a declared failure, or "absent" to a question. */
  readonly kind: Kind;
  readonly status: number;
  /** Lower-case names; several values of one name are joined with ", "; without `set-cookie`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as UTF-8. */
  readonly text: string;
  /** The body as JSON; `{}` where it is empty. Throws `CALL_OUTCOME_INVALID` where it is not JSON. */
  json(): unknown;
}

export function reply<Kind extends string>(
  kind: Kind, answer: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer },
): HttpReply<Kind> {
  const { status, headers } = answer;
  const text = answer.body.toString("utf8");
  return {
    kind, status, headers, text,
    json() {
      if (text === "") return {};
      try {
        const value: unknown = JSON.parse(text);
        return value;
      } catch {
        // The parser's own words quote the body.
        throw new EvenkeelError("CALL_OUTCOME_INVALID", `The answer ${String(status)} is not JSON (${String(text.length)} characters).`);
      }
    },
  };
}
