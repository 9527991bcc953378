// For `evenkeel check`: the mended design, from what the rules turn on to everything that may happen to one user, to two users.
import { atomic } from "./scenarios.ts";

export const authority = [atomic(["u0"], "essentials"), atomic(["u0", "u1"], "essentials"), atomic(["u0"], "everything")];
