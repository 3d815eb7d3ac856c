import * as z from "zod";
import { type QuestionKind, questionKinds } from "../episodes/questions.ts";

/** Largest number of questions in an episode with new names. More of them teach more, since the picture that introduces a name is not learnt from. */
export const questions = z.number().int().min(2).max(64).default(4);

/** How often something is drawn, relative to the others. */
export const share = z.number().nonnegative();

/** Whether there is anything to draw. */
export const someDrawn = (shares: Readonly<Record<string, number>>): boolean => Object.values(shares).some((each) => each > 0);
export const noneDrawn = "at least one of them must be above 0";

/** How often each kind of episode is drawn. */
export const episodeMix = z
  .strictObject({
    binding: share.default(0),
    classBinding: share.default(0),
    caption: share.default(0),
    ...(Object.fromEntries(questionKinds.map((kind) => [kind, share.default(0)])) as Record<QuestionKind, ReturnType<typeof share.default>>),
  })
  .refine(someDrawn, noneDrawn);
