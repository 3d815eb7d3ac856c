/** timm's networks of inverted residuals: EfficientNet-Lite, MobileNetV2 and MobileNetV3. */
import { efficientnetLitePlan } from "../../model/vision/efficientnet-lite.ts";
import type { InvertedResidualPlan } from "../../model/vision/inverted-residual-network.ts";
import { mobilenetV2Plan } from "../../model/vision/mobilenet-v2.ts";
import { mobilenetV3Plan } from "../../model/vision/mobilenet-v3.ts";
import type { VisionConfig } from "../../model/vision/vision.ts";
import { batchCounts, foldedConvolution } from "./batch-norm.ts";
import type { TimmFamily, TimmTower } from "./timm-config.ts";
import { layerWithBias, visionMap } from "./vision-names.ts";
import type { WeightMap } from "./weight-map.ts";

/** Pictures that Lite0 to Lite4 were trained with. */
const liteSizes = [224, 240, 260, 300, 380];

const pattern = /^(?<tf>tf_)?(?:efficientnet_lite(?<lite>[0-4])|mobilenetv2_(?<v2>035|050|075|100|140)|mobilenetv3_(?<v3>large|small)_100)$/;

export const timmMobile: TimmFamily = {
  name: "efficientnet_lite0 to 4, mobilenetv2_035 to 140, mobilenetv3_large_100 and small_100, and their tf_ forms",
  tower(architecture): TimmTower | undefined {
    const { tf, lite, v2, v3 } = pattern.exec(architecture)?.groups ?? {};
    // Those of TensorFlow have its padding and its batch norms.
    const [padding, epsilon] = tf === undefined ? (["symmetric", 1e-5] as const) : (["same", 1e-3] as const);
    const weights: TimmTower["weights"] = (config, prefix) => timmMobileWeights(config, prefix, epsilon);
    const imageSize = 224;
    if (lite !== undefined) return { config: { kind: "efficientnet-lite", scale: Number(lite), imageSize: liteSizes[Number(lite)], padding }, weights };
    if (v2 !== undefined) return { config: { kind: "mobilenet-v2", channels: Number(v2) / 100, imageSize, padding }, weights };
    return v3 === undefined ? undefined : { config: { kind: "mobilenet-v3", size: v3, imageSize, padding }, weights };
  },
};

/** @param epsilon - of its batch norms */
export function timmMobileWeights(config: VisionConfig, prefix: string, epsilon: number): WeightMap {
  const { stages, classes, classifierHidden, usesHead } = planOf(config);
  const headLayer = classifierHidden === undefined ? "conv_head" : `blocks.${groupsOf(stages).length}.0.conv`;
  const headNorm = classifierHidden === undefined ? "bn2" : `blocks.${groupsOf(stages).length}.0.bn1`;
  const unused = [
    ...(usesHead ? [] : [{ names: startingWith(`${headLayer}.`, `${headNorm}.`), what: "the layer that widens the last block's output for the classifier" }]),
    ...(classes > 0 ? [] : [{ names: startingWith("classifier.", ...(classifierHidden === undefined ? [] : ["conv_head."])), what: "the head of a classifier" }]),
  ];
  return visionMap(
    prefix,
    (put) => {
      const folded = (path: string, from: string, norm: string): void => foldedConvolution(put, prefix, path, [from, norm], epsilon);
      folded("stem", "conv_stem", "bn1");
      let block = 0;
      groupsOf(stages).forEach((rows, stage) => {
        rows.forEach(({ expansion, excited }, i) => {
          const [ours, theirs] = [`blocks.${block++}`, `blocks.${stage}.${i}`];
          const layers =
            expansion === 1
              ? [["depthwise", "conv_dw"] as const, ["project", "conv_pw"] as const]
              : [["expand", "conv_pw"] as const, ["depthwise", "conv_dw"] as const, ["project", "conv_pwl"] as const];
          layers.forEach(([layer, name], which) => folded(`${ours}.${layer}`, `${theirs}.${name}`, `${theirs}.bn${which + 1}`));
          if (excited !== true) return;
          layerWithBias(put, `${ours}.excitation.down`, `${theirs}.se.conv_reduce`);
          layerWithBias(put, `${ours}.excitation.up`, `${theirs}.se.conv_expand`);
        });
      });
      folded("head", headLayer, headNorm);
      layerWithBias(put, "classifier", "classifier");
      layerWithBias(put, "classifier.hidden", "conv_head");
    },
    [batchCounts, ...unused],
  );
}

type Stage = InvertedResidualPlan["stages"][number];

/** Blocks by the stages that timm numbers: what goes on with as many channels at stride 1 belongs to the stage before. */
function groupsOf(stages: readonly Stage[]): Stage[][] {
  const groups: Stage[][] = [];
  for (const stage of stages) {
    const blocks = new Array<Stage>(stage.repetitions).fill(stage);
    const goesOn = stage.stride === 1 && groups.at(-1)?.[0]!.outputs === stage.outputs;
    if (goesOn) groups.at(-1)!.push(...blocks);
    else groups.push(blocks);
  }
  return groups;
}

function planOf(config: VisionConfig): InvertedResidualPlan & { readonly classes: number; readonly usesHead: boolean } {
  if (config.kind !== "efficientnet-lite" && config.kind !== "mobilenet-v2" && config.kind !== "mobilenet-v3")
    throw new Error(`${config.kind} is no network of inverted residuals`);
  const plan =
    config.kind === "mobilenet-v3" ? mobilenetV3Plan(config) : config.kind === "mobilenet-v2" ? mobilenetV2Plan(config) : efficientnetLitePlan(config);
  return { ...plan, classes: config.classes, usesHead: config.classes > 0 || config.features.includes("head") };
}

function startingWith(...beginnings: readonly string[]): Pick<RegExp, "test"> {
  return { test: (name) => beginnings.some((beginning) => name.startsWith(beginning)) };
}
