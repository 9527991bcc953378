// The step signature that every loop of the engine has: a synchronous function from a state and an input to the next state and the
// requests it wants performed. State, inputs and requests are plain data; no promise, clock or chance is inside. A driver performs
// the requests and feeds what came of them back as inputs; the checker does the same one step at a time.

export interface Step<State, Request> {
  readonly state: State;
  readonly requests: readonly Request[];
}

export type Machine<State, Input, Request> = (state: State, input: Input) => Step<State, Request>;
