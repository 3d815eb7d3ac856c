import { sizes } from "flamingo-vlm/model";

/** Flamingo-3B: table 1 and the appendix's table of hyper-parameters; also the baseline of the ablations (table 3). */
export default sizes["flamingo-3b"];
