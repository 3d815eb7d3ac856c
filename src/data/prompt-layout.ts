import * as z from "zod";

/** How texts of a prompt are written, besides the special tokens among them. */
export const promptLayout = z.strictObject({
  /** Whether spaces at both ends of a text fall away, because the tokenizer puts one before each text itself. */
  trim: z.boolean().default(false),
  /** Text after each example. Default: no text, but the marker for the end of a chunk. */
  exampleEnd: z.string().optional(),
});
export type PromptLayout = z.output<typeof promptLayout>;
