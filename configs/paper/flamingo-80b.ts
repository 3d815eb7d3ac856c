import { sizes } from "../../src/model/sizes.ts";

/** Flamingo (80B). */
export default sizes["flamingo-80b"];
