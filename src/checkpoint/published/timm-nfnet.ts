import type { NfnetConfig } from "../../model/vision/nfnet.ts";
import { layerWithBias, type Put, visionMap } from "./vision-names.ts";
import { exactly, type WeightMap } from "./weight-map.ts";

/** Names of the NFNets with DeepMind's weights (`dm_nfnet_f0` to `f6`), as timm writes them. */
export function timmNfnetWeights({ depths, scale, classes }: NfnetConfig, prefix = ""): WeightMap {
  return visionMap(
    prefix,
    (put) => {
      for (let i = 0; i < 4; i++) standardised(put, `stem.${i}`, `stem.conv${i + 1}`);
      let block = 0;
      depths.forEach((depth, stage) => {
        for (let i = 0; i < depth * (scale + 1); i++) {
          const [ours, theirs] = [`blocks.${block++}`, `stages.${stage}.${i}`];
          // Every stage begins with a block that changes the shape.
          if (i === 0) standardised(put, `${ours}.shortcut`, `${theirs}.downsample.conv`);
          ["conv1", "conv2", "conv2b", "conv3"].forEach((name, layer) => {
            standardised(put, `${ours}.convolutions.${layer}`, `${theirs}.${name}`);
          });
          layerWithBias(put, `${ours}.excitation.down`, `${theirs}.attn_last.fc1`);
          layerWithBias(put, `${ours}.excitation.up`, `${theirs}.attn_last.fc2`);
          put(`${ours}.gain`, `${theirs}.skipinit_gain`);
        }
      });
      standardised(put, "final", "final_conv");
      if (classes > 0) layerWithBias(put, "classifier", "head.fc");
    },
    classes > 0 ? [] : [{ names: exactly("head.fc.weight", "head.fc.bias"), what: "the head of a classifier" }],
  );
}

function standardised(put: Put, path: string, from: string): void {
  layerWithBias(put, path, from);
  put(`${path}.gain`, `${from}.gain`);
}
