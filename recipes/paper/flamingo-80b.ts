import { sizes } from "flamingo-vlm/model";

/** Flamingo (80B). */
export default sizes["flamingo-80b"];
