// One thing done wrong on purpose, as a value: what a handler could forget, or the engine could fail to do. A check that is worth its name
// finds each of them. Nothing here does anything.

export type Mutation =
  /** A handler does nothing: the message is taken for handled. Every compensation that could be missing is one of these. */
  | { readonly kind: "ignores"; readonly service: string; readonly message: string }
  /** A message that a service decides to say is lost. */
  | { readonly kind: "forgets"; readonly service: string; readonly message: string }
  /** A service says what one handler run has to say in the reverse order. */
  | { readonly kind: "reverses"; readonly service: string }
  /** Handlers of a service read at one time and write at another, and nobody compares versions. */
  | { readonly kind: "writesStale"; readonly service: string }
  /** Whoever takes keys of a workflow over does not revive them: calls that its last owner held are lost. */
  | { readonly kind: "revivesNothing"; readonly service: string }
  /** What arrives again under its idempotency key is taken in again. */
  | { readonly kind: "opensDoor" }
  /** An unknown outcome is taken for this one. */
  | { readonly kind: "guesses"; readonly operation: string; readonly outcome: string }
  /** A call is made before the commit that asks for it, and the worker dies in between. */
  | { readonly kind: "callsEarly"; readonly operation: string };

/** The mutation for people. */
export function mutationText(mutation: Mutation): string {
  switch (mutation.kind) {
    case "ignores": return `${mutation.service} ignores ${mutation.message}`;
    case "forgets": return `${mutation.service} forgets to say ${mutation.message}`;
    case "reverses": return `${mutation.service} says things in the reverse order`;
    case "writesStale": return `${mutation.service} writes without comparing versions`;
    case "revivesNothing": return `who takes ${mutation.service} over revives nothing`;
    case "opensDoor": return "the door takes repeats in";
    case "guesses": return `an unknown outcome of ${mutation.operation} is taken for ${mutation.outcome}`;
    case "callsEarly": return `${mutation.operation} is called before the commit`;
  }
}
