import type { Metric } from "./metric.ts";
import { ranking } from "./ndcg.ts";

/** A clip of RareAct. */
export interface ActionClip {
  readonly video: string;
  readonly verb: string;
  readonly noun: string;
  /** Whether the clip shows its own action: 1 does; 2, 3 and 4 show a part of it; 0 nothing. */
  readonly annotation: 0 | 1 | 2 | 3 | 4;
  /** The model's, of each action, which {@link actionName} names. */
  readonly scores: ReadonlyMap<string, number>;
}

export function actionName({ verb, noun }: Pick<ActionClip, "verb" | "noun">): string {
  return `${verb}\t${noun}`;
}

/**
 * mWAP of RareAct (Miech et al., 2020): the average precision of each action's clips, in which all segments of a video together count as one; then the mean over actions. Clips that show another action are negatives of this one too.
 */
export const meanWeightedAveragePrecision: Metric<ActionClip, ActionClip> = {
  name: "mWAP",
  parts: (clips) => clips,
  whole(clips) {
    const actions = new Map(clips.map((clip) => [actionName(clip), clip] as const));
    const found = [...actions].flatMap(([name, action]) => {
      const groups = groupsOf(clips, action);
      if (groups[0]!.length === 0) return [];
      const weighted = groups.flatMap((group, at) => {
        const segments = Map.groupBy(group, ({ video }) => video);
        return group.map((clip) => ({ score: scoreOf(clip, name), positive: at === 0, weight: 1 / segments.get(clip.video)!.length }));
      });
      return [averagePrecision(weighted)];
    });
    return found.reduce((sum, each) => sum + each, 0) / found.length;
  },
};

/** Positives, those that share the verb or the noun or show a part, and all others of which something is known. */
function groupsOf(clips: readonly ActionClip[], { verb, noun }: ActionClip): readonly (readonly ActionClip[])[] {
  const groups: ActionClip[][] = [[], [], []];
  for (const clip of clips) {
    const shared = Number(clip.verb === verb) + Number(clip.noun === noun);
    if (shared === 2) groups[clip.annotation === 1 ? 0 : clip.annotation === 0 ? 2 : 1]!.push(clip);
    else if (clip.annotation === 1) groups[shared === 1 ? 1 : 2]!.push(clip);
  }
  return groups;
}

function scoreOf(clip: ActionClip, action: string): number {
  const score = clip.scores.get(action);
  if (score === undefined) throw new Error(`mWAP: a clip of ${clip.video} has no score for "${action.replace("\t", " ")}"`);
  return score;
}

/** Precision at each score, weighted by how much recall it adds. */
function averagePrecision(items: readonly { readonly score: number; readonly positive: boolean; readonly weight: number }[]): number {
  const sorted = ranking(items.map(({ score }) => score)).map((i) => items[i]!);
  const total = items.reduce((sum, { positive, weight }) => sum + (positive ? weight : 0), 0);
  let [seen, right, counted, precisionSum] = [0, 0, 0, 0];
  sorted.forEach(({ score, positive, weight }, i) => {
    seen += weight;
    if (positive) right += weight;
    // Equal scores are one threshold.
    if (sorted[i + 1]?.score === score) return;
    precisionSum += (right / seen) * ((right - counted) / total);
    counted = right;
  });
  return precisionSum;
}
