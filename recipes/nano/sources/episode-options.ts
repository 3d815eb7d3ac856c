import { z } from "zod";

/** Largest number of questions in an episode with new names. More of them teach more, since the picture that introduces a name is not learnt from. */
export const questions = z.number().int().min(2).default(4);

/** How often each kind of episode is drawn, relative to the others. */
export const episodeMix = z.strictObject({
  binding: z.number().default(0),
  classBinding: z.number().default(0),
  caption: z.number().default(0),
  kindQuestion: z.number().default(0),
  nameQuestion: z.number().default(0),
  colourQuestion: z.number().default(0),
});
