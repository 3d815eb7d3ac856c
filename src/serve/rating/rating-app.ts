/** The rating page's server, without a port. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import * as z from "zod";
import type { MediaFile } from "../../evaluate/question.ts";
import { isMirrored, orderFor, type RatedItem, type RatingPlan } from "../../evaluate/ratings/rating-plan.ts";
import { type RatingSummary, summariseRatings } from "../../evaluate/ratings/rating-summary.ts";
import { ratingScript, ratingStyle } from "./rating-assets.ts";
import type { RatingStore } from "./rating-store.ts";
import { choices, doneView, judgeAt, judgeView, startView, summaryView } from "./rating-views.ts";

/** Pictures as they are shown. */
export interface RatedPictures {
  /** 1 for a picture. */
  framesOf(file: MediaFile): Promise<number>;
  /** A JPEG file; undefined where there is no such frame, or it cannot be read. */
  frame(file: MediaFile, frame: number): Promise<Uint8Array | undefined>;
}

export interface RatingService {
  readonly plan: RatingPlan;
  readonly store: RatingStore;
  readonly pictures: RatedPictures;
  /** Whether raters see what a person said. */
  readonly showExpected: boolean;
  /** Names by which the server may be called; undefined: any, as where it listens to a whole network. */
  readonly hosts: readonly string[] | undefined;
}

/** Names are shown to other raters and written into files: no control characters, nothing invisible. */
const rater = z
  .string()
  .trim()
  .regex(/^[^\p{C}]{1,40}$/u, "a name has 1 to 40 characters");
const wholeNumber = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number);
const value = z
  .string()
  .regex(/^-?\d$/)
  .transform(Number);

/** Nothing comes from elsewhere, and nothing goes there. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};
const mostBytes = 10_000;

export function createRatingApp(service: RatingService): Hono {
  const { plan, store, pictures, hosts, showExpected } = service;
  const app = new Hono();
  app.use(async (c, next) => {
    // A page from elsewhere could call this server by a name that it has made point here.
    if (hosts?.includes(new URL(c.req.url).hostname) === false) return c.text("this server is not called by that name", 403);
    await next();
    for (const [name, content] of Object.entries(headers)) c.header(name, content);
    return undefined;
  });
  app.use(csrf());
  app.use(bodyLimit({ maxSize: mostBytes }));
  const summary = (): RatingSummary => summariseRatings(plan, store.all());
  const questions = [...new Set(plan.items.map(({ sample }) => sample))];

  app.get("/", (c) => c.html(startView(summary().raters)));
  app.get("/rate.js", (c) => c.body(ratingScript, 200, { "content-type": "text/javascript; charset=utf-8" }));
  app.get("/rate.css", (c) => c.body(ratingStyle, 200, { "content-type": "text/css; charset=utf-8" }));
  app.get("/summary", (c) => c.html(summaryView(summary())));
  app.get("/summary.json", (c) => c.json(summary()));

  app.get("/judge", async (c) => {
    const asked = z.object({ rater, place: wholeNumber.optional() }).safeParse(c.req.query());
    if (!asked.success) return c.html(startView(summary().raters, asked.error.issues[0]!.message), 400);
    const items = orderFor(plan, asked.data.rater);
    const judged = store.of(asked.data.rater);
    const place = asked.data.place ?? items.findIndex(({ key }) => !judged.has(key)) + 1;
    const item = items[place - 1];
    if (item === undefined) return place === 0 ? c.html(doneView(asked.data.rater, items.length)) : c.notFound();
    const { sample } = item;
    const framesOf = (files: readonly MediaFile[]): Promise<number[]> => Promise.all(files.map((file) => pictures.framesOf(file)));
    const frames = { asked: await framesOf(sample.asked.media), examples: await Promise.all(sample.examples.map(({ media }) => framesOf(media))) };
    const turned = isMirrored(plan, asked.data.rater, item);
    const said = judged.get(item.key);
    return c.html(
      judgeView({
        ...{ rater: asked.data.rater, mode: plan.mode, place, total: items.length, done: items.filter(({ key }) => judged.has(key)).length },
        ...{ question: questions.indexOf(sample), frames, sample, showExpected },
        answers: turned && plan.mode === "preference" ? item.answers.toReversed() : item.answers,
        before: said === undefined ? undefined : asShown(plan, turned, said),
      }),
    );
  });

  app.post("/judge", async (c) => {
    const given = z.object({ rater, place: wholeNumber, value }).safeParse(await c.req.parseBody());
    const item = given.success ? orderFor(plan, given.data.rater)[given.data.place - 1] : undefined;
    if (!given.success || item === undefined || !choices[plan.mode].some(([each]) => each === given.data.value))
      return c.text("this is no judgement of an answer", 400);
    const mirrored = isMirrored(plan, given.data.rater, item);
    store.rate({ rater: given.data.rater, item: item.key, value: asShown(plan, mirrored, given.data.value), mirrored });
    return c.redirect(judgeAt(given.data.rater, nextPlace(plan, store, given.data.rater, given.data.place)), 303);
  });

  app.get("/pictures/:question/:example/:medium/:frame", async (c) => {
    const { question, example, medium, frame } = c.req.param();
    const sample = questions[Number(question)];
    const shown = example === "asked" ? sample?.asked : sample?.examples[Number(example)];
    const file = shown?.media[Number(medium)];
    const jpeg = file === undefined ? undefined : await pictures.frame(file, Number(frame));
    return jpeg === undefined ? c.notFound() : c.body(Uint8Array.from(jpeg), 200, { "content-type": "image/jpeg" });
  });
  return app;
}

/** Of two answers that change places, the value for what stands left; and back. */
function asShown({ mode }: Pick<RatingPlan, "mode">, mirrored: boolean, given: number): number {
  return mode === "preference" && mirrored ? 0 - given : given;
}

/** The first place after this one that is not judged yet, then the first of all; none: all are. */
function nextPlace(plan: RatingPlan, store: RatingStore, name: string, place: number): number | undefined {
  const judged = store.of(name);
  const open = orderFor(plan, name).flatMap(({ key }: RatedItem, i) => (judged.has(key) ? [] : [i + 1]));
  return open.find((each) => each > place) ?? open[0];
}
