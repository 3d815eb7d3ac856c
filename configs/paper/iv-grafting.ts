import type { FlamingoConfigInput } from "../../src/model/config.ts";
import baseline from "./flamingo-3b.ts";

/** Ablation iv: GRAFTING: a new stack on top of the language model. */
export default { ...baseline, fusion: { kind: "grafting" } } satisfies FlamingoConfigInput;
