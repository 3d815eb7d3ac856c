/** Texts of numbers drawn at random, of one length: what is measured is the training, not the drawing. */
import type { OpenSource } from "flamingo-vlm/train";

const open: OpenSource = () => ({
  document: (random) => [{ kind: "text", text: Array.from({ length: 400 }, () => random.integer(0, 9)).join(" "), learn: true }],
  vocabularyTexts: () => ["0 1 2 3 4 5 6 7 8 9 ".repeat(200), "the quick brown fox jumps over the lazy dog ".repeat(50)],
});
export default open;
