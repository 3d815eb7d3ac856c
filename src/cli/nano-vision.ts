/** nano's frozen encoder. Its weights come with the package, since no npm package has them: `tools/reference/efficientnet_lite.py` made them from a published file. */
export const nanoVision = { kind: "efficientnet-lite", scale: 0, imageSize: 192, features: ["stride16", "stride32"] } as const;

/** Mean and deviation of the pixels (0 to 1) that it was trained with. */
export const nanoPixels = { mean: [127 / 255, 127 / 255, 127 / 255], deviation: [128 / 255, 128 / 255, 128 / 255] } as const;
