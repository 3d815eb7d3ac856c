/** The train room's public face (`flamingo-vlm/train`): what training configs and the modules that they name are written with. */

export type { Ablation, AblationRow, AblationScore, OpenAblation } from "./ablation.ts";
export { type ContrastiveTrainingConfig, type ContrastiveTrainingConfigInput, parseContrastiveTrainingConfig } from "./contrastive-config.ts";
export type { ClassEvidence, OpenSource, SourceMedium, SourceModule, StoredPicture, StoredPictures } from "./sources/source.ts";
export { parseTrainingConfig, type TrainingConfig, type TrainingConfigInput } from "./training-config.ts";
