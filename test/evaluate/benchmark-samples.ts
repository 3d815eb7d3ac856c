/** A few questions of every benchmark in its official form, with pictures of noise: made by us, to be read and answered. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import fixture from "../fixtures/evaluate/metrics.json" with { type: "json" };
import { noisePicture } from "../generate/tiny-model.ts";

const three = [1, 2, 3];
const words = ["a dog", "a red bus", "two people", "a cat"];
const padded = (number: number): string => String(number).padStart(12, "0");
const csv = (rows: readonly Readonly<Record<string, string | number>>[]): string =>
  [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))]
    .map((row) => row.map((value) => (String(value).includes(",") ? `"${value}"` : value)).join(","))
    .join("\n");

/** What stands in each file, by its path: objects as JSON, texts as they are. Pictures are drawn where `pictures` says. */
interface Sample {
  readonly files: Readonly<Record<string, unknown>>;
  readonly pictures: readonly string[];
}

const frames = (names: readonly string[]): string[] => names.flatMap((name) => three.map((second) => `frames/${name}/${second}.jpg`));

const karpathy = (file: string, path: (split: string, i: number) => string, about: (split: string, i: number) => object): Sample => {
  const images = ["train", "restval", "val", "test"].flatMap((split) =>
    three.map((i) => ({
      split,
      ...about(split, i),
      filename: path(split, i).split("/").at(-1)!,
      imgid: i,
      sentences: [{ raw: `${words[i]!} ${split}.` }, { raw: words[i]! }],
    })),
  );
  return { files: { [file]: { dataset: "sample", images } }, pictures: ["train", "restval", "test"].flatMap((split) => three.map((i) => path(split, i))) };
};

function vqa(questions: (images: string) => string, annotations: (images: string) => string, images: readonly string[]): Sample {
  const answers = (i: number): object[] =>
    Array.from({ length: 10 }, (_, person) => ({
      answer: person < 6 ? "yes" : words[i]!,
      raw_answer: person < 6 ? "yes" : `${words[i]!}s`,
      answer_confidence: "yes",
      answer_id: person + 1,
    }));
  return {
    files: Object.fromEntries(
      images.flatMap((of) => [
        [questions(of), { questions: three.map((i) => ({ image_id: i, question: `Is it ${words[i]!}?`, question_id: 10 * i })) }],
        [
          annotations(of),
          {
            annotations: three.map((i) => ({
              question_id: 10 * i,
              image_id: i,
              question_type: "is it",
              answer_type: i === 1 ? "yes/no" : "other",
              answers: answers(i),
            })),
          },
        ],
      ]),
    ),
    pictures: images.flatMap((of) => three.map((i) => `${of}/COCO_${of}_${padded(i)}.jpg`)),
  };
}

const videoQa = (video: string): Sample => ({
  files: Object.fromEntries(
    ["train", "val", "test"].map((split) => [`${split}_qa.json`, three.map((i) => ({ id: i, video_id: i, question: "what is it?", answer: "dog" }))]),
  ),
  pictures: frames(three.map((i) => `${video}${i}`)),
});

const dialogs = (ids: readonly number[]): object => ({
  data: {
    questions: ["is it big", "what colour is it"],
    answers: Array.from({ length: 100 }, (_, i) => `answer ${i}`),
    dialogs: ids.map((id) => ({
      image_id: id,
      caption: "a dog on grass",
      dialog: [0, 1].map((question) => ({ question, answer: question, gt_index: 5, answer_options: Array.from({ length: 100 }, (_, i) => i) })),
    })),
  },
});

const vqav2 = vqa(
  (of) => `v2_OpenEnded_mscoco_${of}_questions.json`,
  (of) => `v2_mscoco_${of}_annotations.json`,
  ["train2014", "val2014"],
);
const memes = three.map((i) => ({ id: i, img: `img/0000${i}.png`, label: i % 2, text: "look at this" }));
const textVqa = three.map((i) => ({ question_id: i, question: "what does it say?", image_id: `abc${i}`, answers: Array.from({ length: 10 }, () => "stop") }));
const vizwiz = three.map((i) => ({
  image: `VizWiz_${i}.jpg`,
  question: "What is this?",
  answers: Array.from({ length: 10 }, (_, person) => ({ answer: person % 2 === 0 ? "unanswerable" : "can", answer_confidence: "yes" })),
  answerable: 1,
}));
const ivqa = csv(
  three.map((i) => ({
    video_id: `v${i}`,
    start: 0,
    end: 2,
    question: "what is cut, and how?",
    answer1: "bread",
    answer2: "bread",
    answer3: "loaf",
    answer4: "a loaf",
    answer5: "food",
  })),
);
const next = csv(
  three.map((i) => ({ video: `v${i}`, frame_count: 3, width: 64, height: 64, question: "what jumps", answer: "the dog", qid: i, type: i === 1 ? "DO" : "CW" })),
);
const situations = three.map((i) => ({
  question_id: `Interaction_T1_${i}`,
  question: "Which object was held?",
  video_id: `v${i}`,
  start: 0.5,
  end: 2.5,
  answer: "The cup.",
  choices: ["The cup.", "The bag.", "The book.", "The door."].map((choice, choice_id) => ({ choice_id, choice })),
}));
const actions = csv(
  [...three, 4].map((i) => ({
    id: i,
    video_id: `v${i % 3}`,
    start: 0,
    end: 2,
    class_id: i % 2,
    verb: i % 2 === 0 ? "cut" : "wash",
    noun: i % 2 === 0 ? "apple" : "phone",
    annotation: i < 3 ? 1 : 0,
  })),
);
const kinetics = (split: string): string =>
  csv(three.map((i) => ({ label: i === 1 ? "juggling balls" : "ironing", youtube_id: `k${i}`, time_start: 1, time_end: 11, split })));

export const samples: Readonly<Record<string, Sample>> = {
  coco: karpathy(
    "dataset_coco.json",
    (split, i) => `${split === "train" ? "train2014" : "val2014"}/COCO_${split}_${i}.jpg`,
    (split, i) => ({ filepath: split === "train" ? "train2014" : "val2014", cocoid: 10 * split.length + i }),
  ),
  flickr30k: karpathy(
    "dataset_flickr30k.json",
    (split, i) => `flickr30k-images/${i}${split.length}.jpg`,
    () => ({}),
  ),
  vqav2: {
    files: { ...vqav2.files, "v2_OpenEnded_mscoco_test-dev2015_questions.json": { questions: [{ image_id: 9, question: "What is it?", question_id: 90 }] } },
    pictures: [...vqav2.pictures, `test2015/COCO_test2015_${padded(9)}.jpg`],
  },
  okvqa: vqa(
    (of) => `OpenEnded_mscoco_${of}_questions.json`,
    (of) => `mscoco_${of}_annotations.json`,
    ["train2014", "val2014"],
  ),
  textvqa: {
    files: {
      "TextVQA_0.5.1_train.json": { data: textVqa },
      "TextVQA_0.5.1_val.json": { data: textVqa.map((each) => ({ ...each, image_id: `v${each.image_id}` })) },
    },
    pictures: three.flatMap((i) => [`train_images/abc${i}.jpg`, `train_images/vabc${i}.jpg`]),
  },
  vizwiz: {
    files: { "Annotations/train.json": vizwiz, "Annotations/val.json": vizwiz },
    pictures: three.flatMap((i) => [`train/VizWiz_${i}.jpg`, `val/VizWiz_${i}.jpg`]),
  },
  hatefulmemes: {
    files: {
      "train.jsonl": memes.map((each) => JSON.stringify(each)).join("\n"),
      "test_seen.jsonl": memes.map((each) => JSON.stringify({ ...each, img: `img/t${each.id}.png` })).join("\n"),
    },
    pictures: three.flatMap((i) => [`img/0000${i}.png`, `img/t${i}.png`]),
  },
  visdial: {
    files: {
      "visdial_1.0_train.json": dialogs([11, 12, 13]),
      "visdial_1.0_val.json": dialogs(three),
      "visdial_1.0_val_dense_annotations.json": three.map((i) => ({
        image_id: i,
        round_id: 2,
        gt_relevance: Array.from({ length: 100 }, (_, option) => (option % 40 === 5 ? 0.5 : 0)),
      })),
    },
    pictures: [
      `train2014/COCO_train2014_${padded(11)}.jpg`,
      ...[12, 13].map((i) => `val2014/COCO_val2014_${padded(i)}.jpg`),
      ...three.map((i) => `VisualDialog_val2018/VisualDialog_val2018_${padded(i)}.jpg`),
    ],
  },
  vatex: {
    files: Object.fromEntries(
      ["vatex_training_v1.0.json", "vatex_public_test_english_v1.1.json"].map((file, part) => [
        file,
        three.map((i) => ({ videoID: `c${part}${i}_000001_000011`, enCap: [words[i]!, "A dog runs."] })),
      ]),
    ),
    pictures: frames([0, 1].flatMap((part) => three.map((i) => `c${part}${i}_000001_000011`))),
  },
  youcook2: {
    files: {
      "youcookii_annotations_trainval.json": {
        database: Object.fromEntries(
          ["training", "validation"].map((subset) => [
            subset,
            { duration: 3, subset, recipe_type: "101", annotations: three.map((i) => ({ id: i, segment: [i - 1, i], sentence: `cut ${words[i]!}` })) },
          ]),
        ),
      },
    },
    pictures: frames(["training", "validation"]),
  },
  msvdqa: videoQa("vid"),
  msrvttqa: videoQa("video"),
  ivqa: { files: { "train.csv": ivqa, "test.csv": ivqa }, pictures: frames(three.map((i) => `v${i}`)) },
  nextqa: {
    files: {
      "train.csv": next,
      "test.csv": next,
      "add_reference_answer_test.json": { v1: { 1: "a puppy" } },
      ...Object.fromEntries(Object.entries(fixture.wups.files).map(([name, text]) => [`wordnet/${name}`, text])),
    },
    pictures: frames(three.map((i) => `v${i}`)),
  },
  star: {
    files: { "STAR_train.json": situations, "STAR_val.json": situations.map((each) => ({ ...each, video_id: `w${each.video_id}` })) },
    pictures: frames(three.flatMap((i) => [`v${i}`, `wv${i}`])),
  },
  rareact: { files: { "rareact.csv": actions }, pictures: frames([0, 1, 2].map((i) => `v${i}`)) },
  imagenet: {
    files: {
      "LOC_synset_mapping.txt": "n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\n",
      "LOC_val_solution.csv": csv(three.map((i) => ({ ImageId: `ILSVRC2012_val_${i}`, PredictionString: `${i === 1 ? "n01440764" : "n01443537"} 1 1 9 9 ` }))),
    },
    pictures: [
      ...["n01440764", "n01443537"].flatMap((name) => three.map((i) => `ILSVRC/Data/CLS-LOC/train/${name}/${name}_${i}.JPEG`)),
      ...three.map((i) => `ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_${i}.JPEG`),
    ],
  },
  kinetics700: { files: { "train.csv": kinetics("train"), "val.csv": kinetics("val") }, pictures: frames(three.map((i) => `k${i}_000001_000011`)) },
  webqa: {
    files: {
      "WebQA_train_val.json": Object.fromEntries(
        ["train", "val"].flatMap((split) =>
          three.map((i) => [
            `${split}${i}`,
            {
              split,
              Q: '"Are both of them red?"',
              A: ['"Yes, both are red."'],
              Qcate: "YesNo",
              img_posFacts: i === 1 ? [] : [1, 2].map((image) => ({ image_id: 100 * i + image, title: "Bus", caption: "A bus" })),
              txt_posFacts: i === 1 ? [{ title: "Bus", fact: "The bus is red." }] : [],
            },
          ]),
        ),
      ),
    },
    pictures: [2, 3].flatMap((i) => [1, 2].map((image) => `images/${100 * i + image}.jpg`)),
  },
};

/** Writes a benchmark's sample below a folder, and says where. */
export async function writeSample(name: string, below: string): Promise<string> {
  const folder = join(below, name);
  const { files, pictures } = samples[name]!;
  for (const path of [...Object.keys(files), ...pictures]) await mkdir(dirname(join(folder, path)), { recursive: true });
  for (const [path, content] of Object.entries(files)) await writeFile(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  for (const [i, path] of pictures.entries()) {
    const { width, height, data } = noisePicture(i);
    await writeFile(
      join(folder, path),
      await sharp(data, { raw: { width, height, channels: 3 } })
        .jpeg()
        .toBuffer(),
    );
  }
  return folder;
}
