export { type FlamingoLanguageModelOptions, flamingo } from "./language-model.ts";
