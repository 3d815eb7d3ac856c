import type { LanguageContext } from "./language-context.ts";

/** Examples that the model has read: every prompt that begins with them starts from here. */
export class SupportSet {
  readonly examples: number;
  readonly tokens: number;
  readonly useMedia: boolean;
  private readonly context: LanguageContext;

  constructor(context: LanguageContext, examples: number, tokens: number, useMedia: boolean) {
    this.context = context;
    this.examples = examples;
    this.tokens = tokens;
    this.useMedia = useMedia;
  }

  /** A context that has read the examples and can be read on; the support set stays as it is. */
  fork(): Promise<LanguageContext> {
    return this.context.fork([0]);
  }

  dispose(): Promise<void> {
    return this.context.dispose();
  }
}
