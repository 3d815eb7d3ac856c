import type { FlamingoConfigInput } from "flamingo-vlm/model";
import { allData } from "./data-sets.ts";
import baseline from "./flamingo-3b.ts";

/** Ablation i: image-text pairs replaced by LAION. */
export default baseline satisfies FlamingoConfigInput;

/** How training differs from the paper's. */
export const training = { data: [...allData.filter(({ name }) => name !== "ALIGN" && name !== "LTIP"), { name: "LAION", weight: 0.2 }] } as const;
