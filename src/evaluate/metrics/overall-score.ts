/** What a model trained for each task alone reached when the paper was written. */
const fineTuned = { coco: 143.3, okvqa: 54.4, vqav2: 80.2, msvdqa: 47.9, vatex: 76.3 } as const;

/** Scores of the five tasks that the paper decides by. */
export type DevelopmentScores = Readonly<Record<keyof typeof fineTuned, number>>;

/** The overall score of the paper's ablations (table 3): the mean of the scores as shares of the fine-tuned state of the art, times 100. */
export function overallScore(scores: DevelopmentScores): number {
  return meanShare(Object.entries(fineTuned).map(([task, best]) => ({ score: scores[task as keyof DevelopmentScores], best })));
}

/** The same of any scores, each with the one that counts as 100. */
export function meanShare(scores: readonly { readonly score: number; readonly best: number }[]): number {
  return (100 * scores.reduce((sum, { score, best }) => sum + score / best, 0)) / scores.length;
}
