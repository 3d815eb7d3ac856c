import { byShots } from "./by-shots.ts";
import type { PublishedModel, PublishedSource } from "./published-model.ts";

/** Its table has MM1-3B's figures too. */
const source: PublishedSource = {
  title: "Salesforce, 2024: xGen-MM (phi3-mini, base)",
  at: "its card on the Hugging Face hub",
  note: "MM1-3B's figures are from the same table",
};

const columns = "vqav2 okvqa textvqa vizwiz coco";

/** The few-shot models of about 4 billion parameters that others are compared with. */
export const smallModels: readonly PublishedModel[] = [
  {
    model: "MM1-3B",
    source,
    figures: byShots(
      columns,
      `0 46.2 26.1 29.4 15.6 73.5
       4 57.9 48.6 45.3 38.0 112.3
       8 63.6 48.4 44.6 46.4 114.6`,
    ),
  },
  {
    model: "xGen-MM-base (4B)",
    source,
    figures: byShots(
      columns,
      `4 63.9 49.2 46.1 38.4 110.5
       8 63.8 49.1 46.4 44.3 112.1`,
    ),
  },
];
