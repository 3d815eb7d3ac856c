import { sizes } from "flamingo-vlm/model";

/** Flamingo-9B. The paper prints 40 blocks and 10 fusion layers in one table, 7.1B and 1.6B parameters in another; the counts are followed (32 and 8), which gives 9.36B beside the 9.3B of the paper. */
export default sizes["flamingo-9b"];
