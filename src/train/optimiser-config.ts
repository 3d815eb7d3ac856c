import * as z from "zod";

const isPattern = (paths: string): boolean => {
  try {
    return new RegExp(paths) !== undefined;
  } catch {
    return false;
  }
};

const factor = z.number().positive();

/** Parts that a run may train: of a Flamingo, and of a pair of towers. */
const ratedPart = z.enum(["vision", "resampler", "fusion", "language", "text", "contrast"]);

/** Paths that differ from the others. */
const groupConfig = z
  .strictObject({
    /** A regular expression over the paths of weights: `"^resampler\\."`. The first rule that matches counts. */
    paths: z.string().refine(isPattern, "is no regular expression"),
    weightDecay: z.number().nonnegative().optional(),
    learningRateFactor: z.number().nonnegative().optional(),
    /** Largest norm of the gradients of these weights together, which then do not count among the others'. */
    clipNorm: factor.optional(),
    /** As for all, below; `false`: not clipped in this way. */
    adaptiveClip: z.union([factor, z.literal(false)]).optional(),
  })
  .refine(
    ({ clipNorm, adaptiveClip }) => clipNorm === undefined || typeof adaptiveClip !== "number",
    'has a "clipNorm" and an "adaptiveClip"; each takes the place of the other',
  );

export const optimiserConfig = z
  .strictObject({
    learningRate: z.number().positive(),
    /** Updates in which the learning rate rises from 0. */
    warmup: z.number().int().nonnegative().default(0),
    /** What it does then: stay, or fall to `final` until the last step along half a cosine, a straight line, or by the same factor in every step. */
    decay: z.enum(["constant", "cosine", "linear", "exponential"]).default("constant"),
    /** What a falling learning rate ends at. */
    final: z.number().nonnegative().default(0),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    weightDecay: z.number().nonnegative().default(0.1),
    groups: z.array(groupConfig).default([]),
    /** Share of the learning rate at which a part is trained, on top of what `groups` say. Default: 1. The paper trains a language model that is not frozen at 0.1. */
    rates: z.partialRecord(ratedPart, factor).default({}),
    /** Largest global norm of the gradients. Default: 1, or none where `adaptiveClip` is. */
    clipNorm: factor.optional(),
    /**
     * Adaptive gradient clipping in its place: in each unit (a row of a matrix, an output channel of a convolution, a whole vector) the gradient is at most so many times as long as the weights. NFNets take 0.01, and leave the last
     * layer out, which `groups` can with `false`.
     */
    adaptiveClip: factor.optional(),
    /** Share of an exponential moving average of the weights that each step keeps, such as 0.999. The average is what is exported; training goes on with the weights themselves. Default: no average. */
    averageDecay: z.number().min(0).lt(1).optional(),
  })
  .refine(({ decay, final }) => decay !== "constant" || final === 0, 'has a "final" learning rate, which a constant one never comes to; name a "decay"')
  .refine(({ decay, final }) => decay !== "exponential" || final > 0, 'an exponential "decay" never comes to 0; name the "final" learning rate')
  .refine(({ learningRate, final }) => final <= learningRate, 'its "final" learning rate is more than the "learningRate" that it falls from')
  .refine(
    ({ clipNorm, adaptiveClip }) => clipNorm === undefined || adaptiveClip === undefined,
    'has a "clipNorm" and an "adaptiveClip"; each takes the place of the other: give one of them to "groups"',
  );
