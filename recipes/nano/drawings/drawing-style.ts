/** What a drawing style may be used for. Share-alike drawings are only measured on, so that no weight is derived from them. */
export type StyleUse = "train" | "heldOut" | "evaluationOnly";

/** A set of emoji drawn by one hand. */
export interface DrawingStyle {
  readonly id: string;
  /** npm package and version that hold the drawings. */
  readonly package: string;
  readonly version: string;
  /** Whose design it is: sets of one family copy each other's drawings, so an episode shows at most one of them per thing. */
  readonly family: string;
  readonly author: string;
  /** SPDX identifier of the drawings' licence. */
  readonly licence: string;
  readonly use: StyleUse;
}
