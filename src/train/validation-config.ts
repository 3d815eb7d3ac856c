import * as z from "zod";
import { sourceConfig } from "./sources/source-config.ts";

/** How a run is measured while it lasts, on data that it does not learn from; and when it ends for that. */
export const validationConfig = z.strictObject({
  /** Share of the samples in files that are held out: by their pictures, so that none is learnt from under another text. Ignored where `data` names others. */
  share: z.number().gt(0).max(0.5).default(0.1),
  /** What is looked at in their place. A `module` draws what it shows, so that nothing of it can be held out. */
  data: z.array(sourceConfig).min(1).optional(),
  /** Steps between two looks. */
  every: z.number().int().positive().default(50),
  /** Examples of each data set that are looked at, the same ones each time. */
  examples: z.number().int().min(1).max(4096).default(256),
  /** Looks without a smaller loss after which the run ends. */
  patience: z.number().int().positive().default(3),
  /** Before training the model is asked after so many examples in its prompt, drawn from those that it will learn from: few-shot beside fine-tuned. */
  shots: z.array(z.number().int().min(1).max(64)).default([]),
});
export type ValidationConfig = z.output<typeof validationConfig>;
