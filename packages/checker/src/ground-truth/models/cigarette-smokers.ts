// A dealer puts down all ingredients but one, and who has that one smokes. After specifications/CigaretteSmokers/CigaretteSmokers.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";

interface State {
  /** The ingredient that the dealer left out; null: nothing lies there. */
  readonly missing: string | null;
  readonly smoking: string | null;
}

export function cigaretteSmokers({ ingredients }: { readonly ingredients: readonly string[] }) {
  return model({
    name: "cigarette smokers",
    init: (): State[] => ingredients.map((missing) => ({ missing, smoking: null })),
    actions: {
      smoke: (s, next) => {
        if (s.missing !== null) next({ missing: null, smoking: s.missing });
      },
      stop: (s, next) => {
        if (s.smoking !== null) for (const missing of ingredients) next({ missing, smoking: null });
      },
    },
    invariants: { "either something lies there or somebody smokes": (s) => (s.missing === null) !== (s.smoking === null) },
  });
}
