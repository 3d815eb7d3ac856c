import type { z } from "@hono/zod-openapi";
import { joinTexts } from "../generate/conversation.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { Prompt } from "../generate/prompt-reader.ts";
import { checkPictures } from "./answering.ts";
import { chatPrompt } from "./chat-prompt.ts";
import { messages } from "./chat-schema.ts";
import { about } from "./errors.ts";
import { answerFields } from "./schemas.ts";
import type { Service } from "./service.ts";

/** Fields of the prompt that answers are given to. */
export const givenPromptFields = { model: answerFields.model, support_set: answerFields.support_set, messages } as const;

interface GivenPrompt {
  readonly model: string;
  readonly support_set?: string | null | undefined;
  readonly messages: z.output<typeof messages>;
}

interface GivenAnswers {
  readonly texts: readonly string[];
  /** The field that they come from. */
  readonly param: string;
  /** Whether the end of an answer belongs to it. */
  readonly complete: boolean;
  readonly signal: AbortSignal;
}

/**
 * Asks the model about answers that the client gives, when its turn comes. Everything that can be wrong with the pictures and the lengths is looked at before.
 * @param ask - given the answers as the model would say them after the prompt's text
 * @throws ApiError that names the field
 */
export async function askAbout<Result>(
  service: Service,
  { model: name, support_set, messages: conversation }: GivenPrompt,
  { texts, param, complete, signal }: GivenAnswers,
  ask: (model: Flamingo, prompt: Prompt, said: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const model = service.model.named(name);
  const {
    pieces,
    pictures,
    param: promptParam,
  } = await chatPrompt(model, conversation, { pictures: service.pictures, supported: support_set != null, signal });
  const last = pieces.at(-1);
  const said = texts.map((text) => (typeof last === "string" ? joinTexts(last, text).slice(last.length) : text));
  const support = await service.supportSets.acquire(support_set);
  const release = (): void => support?.release();
  const prompt = [...(support === undefined ? [] : [support.set]), ...pieces];
  try {
    await checkPictures(model, pictures, signal);
    await about(promptParam, () => model.check(prompt, { maxTokens: 1, signal }));
    const tokens = await about(param, () => model.check(prompt, { choices: said, complete, signal }));
    service.metrics.asked(tokens, pictures.length);
  } catch (error) {
    release();
    throw error;
  }
  return service.queue.run((loaded) => ask(loaded, prompt, said), signal, release);
}
