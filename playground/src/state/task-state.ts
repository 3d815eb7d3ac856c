import { computed, signal } from "@preact/signals";
import { type Example, type Picture, type Prompt, promptOf, type Question, type Task } from "../task/task.ts";

/** An example on the screen. Its id stays when it moves. */
export interface Card extends Example {
  readonly id: number;
}

export const title = signal("");
export const cards = signal<readonly Card[]>([]);
export const question = signal<Question>({ picture: undefined, text: "" });
export const choices = signal<readonly string[]>([]);

/** The whole task as it stands. */
export const task = computed<Task>(() => ({
  title: title.value,
  examples: cards.value.map(({ picture, text }) => ({ picture, text })),
  question: question.value,
  choices: choices.value,
}));

/** What is asked, once there is enough of it. */
export const prompt = computed<Prompt | undefined>(() => promptOf(task.value));

/** Cards in the place of the prompt's examples: those without a text are not asked. */
export const askedCards = computed(() => cards.value.filter(({ text }) => text.trim() !== ""));

let lastId = 0;

/** @returns the ids of the new cards */
export function addExamples(examples: readonly Example[]): readonly number[] {
  const added = examples.map((example) => ({ id: ++lastId, picture: example.picture, text: example.text }));
  cards.value = [...cards.value, ...added];
  return added.map(({ id }) => id);
}

export function changeText(id: number, text: string): void {
  cards.value = cards.value.map((card) => (card.id === id ? { ...card, text } : card));
}

export function removeCard(id: number): void {
  cards.value = cards.value.filter((card) => card.id !== id);
}

/** Moves a card to another place, those between close up. */
export function moveCard(id: number, to: number): void {
  const card = cards.value.find((each) => each.id === id);
  if (card === undefined || to < 0 || to >= cards.value.length) return;
  cards.value = cards.value.filter((each) => each.id !== id).toSpliced(to, 0, card);
}

/** Puts what is asked before what each example says, so that examples and question are of one form. */
export function askInExamples(): void {
  const asked = question.value.text.trim();
  cards.value = cards.value.map((card) => (card.text.trim().startsWith(asked) ? card : { ...card, text: `${asked} ${card.text.trim()}` }));
}

export function askAbout(picture: Picture | undefined): void {
  question.value = { ...question.value, picture };
}

export function changeQuestion(text: string): void {
  question.value = { ...question.value, text };
}

export function showTask(opened: Task): void {
  title.value = opened.title;
  cards.value = opened.examples.map((example) => ({ id: ++lastId, ...example }));
  question.value = opened.question;
  choices.value = opened.choices;
}
