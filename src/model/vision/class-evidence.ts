import * as z from "zod";
import { concat, constant, expand, mean, reshape, softmax, type Tensor } from "../../graph/graph.ts";
import { Linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { hardSwish } from "./hard-activations.ts";

/** What an encoder with a classification head may be asked for. */
export const classEvidenceOptions = {
  /** Classes of its own classifier. Their probabilities follow the grid, in as many more rows of the features as they fill. 0: they are left out, and so is the head. */
  classes: z.number().int().nonnegative().default(0),
};

/** Rows of features that the probabilities of so many classes fill. */
export function evidenceRows(classes: number, width: number): number {
  return Math.ceil(classes / width);
}

/**
 * What a frozen encoder's own classifier says of a picture. The encoder was trained to tell its classes apart; the grid alone says it only to who learns to read it, from many labelled
 * pictures. That a vector of probabilities means a name can be learnt without any.
 */
export class ClassEvidence {
  private readonly hidden: Linear | undefined;
  private readonly classifier: Linear;
  private readonly classes: number;
  private readonly width: number;

  /** @param inputs - channels of the last feature map @param width - of a row of features @param hidden - channels between the map and the classifier, if there are any (MobileNetV3) */
  constructor(
    scope: Scope,
    { classes, inputs, width, hidden }: { readonly classes: number; readonly inputs: number; readonly width: number; readonly hidden?: number },
  ) {
    this.classes = classes;
    this.width = width;
    if (hidden !== undefined) this.hidden = new Linear(scope.child("hidden"), { inputs, outputs: hidden });
    this.classifier = new Linear(scope, { inputs: hidden ?? inputs, outputs: classes });
  }

  /**
   * @param map - the last feature map, [images, inputs, height, width]
   * @returns probabilities, zeros after them, [images, rows, width]
   */
  forward(map: Tensor): Tensor {
    const images = map.shape[0]!;
    const pooled = mean(map, [2, 3]); // [images, inputs]
    const seen = this.hidden === undefined ? pooled : hardSwish(this.hidden.forward(pooled));
    const probabilities = softmax(this.classifier.forward(seen)); // [images, classes]
    const rows = evidenceRows(this.classes, this.width);
    const rest = rows * this.width - this.classes;
    const filled = rest === 0 ? probabilities : concat([probabilities, expand(constant(new Float32Array(rest), [1, rest]), [images, rest])], 1);
    return reshape(filled, [images, rows, this.width]);
  }
}
