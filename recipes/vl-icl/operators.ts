/** Operator Induction, and its form with a picture for each number: to the published recipe, but for the hand that writes. */
import { Random } from "flamingo-vlm/data";
import { type DataSet, drawn } from "./data-set.ts";
import { drawText, textWidth } from "./strokes.ts";

const question = "What is the result of the following mathematical expression?";
const operators = ["+", "-", "x"] as const;
const digits = Array.from({ length: 10 }, (_, digit) => digit);
/** Of the 100 pairs of digits; the other 20 are asked, with each operator. */
const supportPairs = 80;
const size = 256;
/** Of capitals in Arial of 100 pixels. */
const height = 72;

type Pair = readonly [number, number];

/** @param interleaved - whether each number is a picture of its own, and the expression is not written out */
export function operatorInduction(interleaved: boolean, seed: number): DataSet {
  const folder = interleaved ? "operator_induction_interleaved" : "operator_induction";
  const pairs = new Random("operator induction", seed).shuffle(digits.flatMap((a) => digits.map((b): Pair => [a, b])));
  const named = ([a, b]: Pair): string[] => (interleaved ? [a, b].map((digit) => `${folder}/${digit}.webp`) : [`${folder}/${a}_${b}.webp`]);
  const results = ([a, b]: Pair): readonly number[] => [a + b, a - b, a * b];
  return {
    support: pairs.slice(0, supportPairs).map((pair) => ({ image: named(pair), question, answer: results(pair) })),
    query: pairs.slice(supportPairs).flatMap((pair) => operators.map((operator, i) => ({ image: named(pair), question, operator, answer: results(pair)[i]! }))),
    pictures: new Map(
      interleaved
        ? digits.map((digit) => [named([digit, digit])[0]!, () => written(String(digit))])
        : pairs.map((pair) => [named(pair)[0]!, () => written(pair.join(" ? "))]),
    ),
  };
}

function written(text: string): Promise<Uint8Array> {
  return drawn(size, drawText(text, (size - textWidth(text, height)) / 2, (size - height) / 2, { height, colour: "black" }));
}
