// The messages of a schedule: what begins, pauses, resumes and triggers it, and the timer that wakes it. All have the schedule's name as their key,
// so that whatever it is told stands in one order.
import { define, type MessageDefinition } from "../message/definition.ts";
import { plain, text } from "../workflow/messages.ts";

type Nothing = Readonly<Record<never, never>>;
export interface Pause { readonly reason: string }
/** `at`: the time for which the timer was set, which the store's clock has therefore reached. */
export interface DueAt { readonly at: number }

export interface ScheduleMessages<N extends string> {
  /**
   * Begins the schedule in a tenant, and has one that was begun look at its definition. The application publishes it at each start for the tenants of
   * the definition; publish it yourself for a tenant that comes later.
   */
  readonly begin: MessageDefinition<`${N}.begin`, Nothing>;
  /**
   * Has nothing sent until `resume`. Occurrences whose time falls into the pause are not made up; one from before it that was not sent yet is sent
   * then, as `catchUp` says.
   */
  readonly pause: MessageDefinition<`${N}.pause`, Pause>;
  readonly resume: MessageDefinition<`${N}.resume`, Nothing>;
  /** Sends one occurrence now, also while paused. Its id is made of this message's id: publish it under an idempotency key to repeat it safely. */
  readonly trigger: MessageDefinition<`${N}.trigger`, Nothing>;
}

export function messagesOf<const N extends string>(name: N): ScheduleMessages<N> & { readonly due: MessageDefinition<`${N}.due`, DueAt> } {
  const key = (): string => name;
  const nothing = plain<Nothing>(() => null);
  return {
    begin: define("command", `${name}.begin`, { key, data: nothing }),
    pause: define("command", `${name}.pause`, { key, data: plain<Pause>(text("reason")) }),
    resume: define("command", `${name}.resume`, { key, data: nothing }),
    trigger: define("command", `${name}.trigger`, { key, data: nothing }),
    due: define("command", `${name}.due`, { key, data: plain<DueAt>(() => null) }),
  };
}
