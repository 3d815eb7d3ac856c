/** The model room's public face (`flamingo-vlm/model`): configs of whole models and named sizes of their parts. */

export { type FlamingoConfig, type FlamingoConfigInput, parseFlamingoConfig } from "./config.ts";
export { languageSizes } from "./language/sizes.ts";
export { sizes } from "./sizes.ts";
export { ConfigError, parseConfig } from "./strict-config.ts";
export { visionSizes } from "./vision/sizes.ts";
