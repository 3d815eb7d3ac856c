import { computed, signal } from "@preact/signals";
import type { Place } from "../answering/answerer.ts";
import { fewShot, scoresError } from "./answers.ts";
import { askedCards } from "./task-state.ts";

/** What went wrong in the page itself, where it happened. */
export const examplesProblem = signal("");
export const questionProblem = signal("");
export const taskProblem = signal("");

/** Said to those who hear the page. */
export const announcement = signal("");

/** What the server says about the prompt, by what it is about: a card, the question, or everything. */
export const serverProblems = computed(() => {
  const cards = new Map<number, string>();
  let [ofQuestion, ofAnswer] = ["", ""];
  const error = fewShot.value.error;
  const place: Place | undefined = error?.place;
  if (error !== undefined) {
    const card = place?.of === "example" ? askedCards.value[place.index] : undefined;
    if (card !== undefined) cards.set(card.id, error.message);
    else if (place?.of === "question") ofQuestion = error.message;
    else ofAnswer = error.message;
  }
  return {
    cards,
    question: ofQuestion,
    answer: ofAnswer,
    choices: scoresError.value === undefined || (error !== undefined && scoresError.value.place?.of !== "choices") ? "" : scoresError.value.message,
  };
});
