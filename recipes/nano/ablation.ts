/** The paper's ablations with nano's frozen parts, on the pictures of easy-VQA: everything else is trained anew in each row. */
import type { OpenAblation } from "flamingo-vlm/train";
import { paperRows } from "../ablation/rows.ts";
import { visionTraining } from "../ablation/vision.ts";
import { nanoSize } from "./ablation/size.ts";

const open: OpenAblation = (runs) => {
  const size = nanoSize(runs);
  return {
    name: "nano-ablation",
    // The encoders of vii; the others begin with the parts that come with the package.
    before: (["nfnet-f0", "clip-vit-l-14"] as const).map((tower) => ({
      ...visionTraining(tower, size),
      name: `nano-ablation-${tower}`,
      tokenizer: { train: { size: 300 } },
      data: [{ kind: "module", name: "captions", module: "./ablation/source.ts", rows: 24, options: { show: "captions" } }],
    })),
    rows: paperRows(size),
    suite: { module: "./ablation/suite.ts", limit: 80, seed: 1 },
    // Of the paper's five: COCO, OKVQA, VQAv2, MSVDQA, VATEX. A caption that is its reference word for word has a CIDEr of 1000.
    scores: [
      { title: "captions", task: "captions", measure: "CIDEr", shots: 4, best: 1000 },
      { title: "new names", task: "new names", shots: 4, best: 100 },
      { title: "easy-VQA", task: "easy-VQA", shots: 4, best: 100 },
      { title: "film questions", task: "film questions", shots: 4, best: 100 },
      { title: "film captions", task: "film captions", measure: "CIDEr", shots: 4, best: 1000 },
    ],
    seeds: 3,
  };
};
export default open;
