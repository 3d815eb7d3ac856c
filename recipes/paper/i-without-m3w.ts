import type { FlamingoConfigInput } from "flamingo-vlm/model";
import { allData } from "./data-sets.ts";
import baseline from "./flamingo-3b.ts";

/** Ablation i: training data without M3W. */
export default baseline satisfies FlamingoConfigInput;

/** How training differs from the paper's. */
export const training = { data: allData.filter(({ name }) => name !== "M3W") } as const;
