// Servers that each hold their own copy: a register with one, nonsense with more. After examples/single-copy-register.rs of
// stateright/stateright (MIT).
import { model } from "../../index.ts";
import { isGet, isPut, NOTHING, registerModel, registerProperties } from "../register-clients.ts";

export function singleCopyRegister({ servers, clients }: { readonly servers: number; readonly clients: number }) {
  const actors = registerModel<string, never>({
    servers: Array.from({ length: servers }, () => NOTHING),
    clients,
    react: (held, _id, from, message) => {
      if (isPut(message)) return { actor: message.value, sends: [{ to: from, message: { kind: "putOk", request: message.request } }] };
      if (isGet(message)) return { actor: held, sends: [{ to: from, message: { kind: "getOk", request: message.request, value: held } }] };
      return null;
    },
  });
  return model({
    name: "single-copy register",
    ...actors,
    invariants: { linearizable: registerProperties.linearizable },
    sometimes: { "value chosen": registerProperties.valueChosen },
    deadlock: "allowed",
  });
}
