import { expect, test } from "vitest";
import { Random } from "../../src/data/random.ts";
import type { FeatureReader } from "../../src/train/sources/source.ts";
import { whitenedInput } from "../../src/train/whitening.ts";

const [positions, channels, width] = [4, 6, 3];
const pictures = Array.from({ length: 400 }, (_, i) => `picture ${i}`);

/** Channels of very different spread that move together: two causes and a little noise behind six channels. */
const features: FeatureReader = {
  positions,
  width: channels,
  versions: 1,
  has: () => true,
  read(picture, _version, into, offset = 0) {
    const random = new Random("features", picture);
    const uniform = (): number => random.next() * 2 - 1;
    const [a, b] = [uniform(), uniform()];
    for (let position = 0; position < positions; position++)
      for (let channel = 0; channel < channels; channel++)
        into[offset + position * channels + channel] = 10 ** (channel / 2) * (5 + a + (channel % 2 === 0 ? b : -b) * 0.1 + 0.01 * uniform());
  },
};

test("makes the main directions of pictures equally strong and independent", () => {
  const weights = whitenedInput(features, pictures, width);
  const value = (path: string): Float32Array => weights.get(`resampler.input.${path}`)!.data as Float32Array;
  const [mean, scale, projection] = [value("channels.mean"), value("channels.scale"), value("projection.weight")];
  const record = new Float32Array(positions * channels);
  const projected = pictures.map((picture) => {
    features.read(picture, 0, record);
    const pooled = Array.from({ length: channels }, (_, channel) => {
      let sum = 0;
      for (let position = 0; position < positions; position++) sum += record[position * channels + channel]! / positions;
      return (sum - mean[channel]!) * scale[channel]!;
    });
    return Array.from({ length: width }, (_, output) => pooled.reduce((sum, v, channel) => sum + v * projection[output * channels + channel]!, 0));
  });
  const covariance = (i: number, j: number): number => projected.reduce((sum, row) => sum + row[i]! * row[j]!, 0) / projected.length;
  // The first direction holds nearly all the variance, so shrinkage hardly touches it; in the others it keeps noise small.
  expect(covariance(0, 0)).toBeGreaterThan(0.98);
  expect(covariance(0, 0)).toBeLessThan(1.001);
  expect(Math.abs(covariance(0, 1))).toBeLessThan(1e-3);
  expect(covariance(1, 1)).toBeGreaterThan(100 * covariance(2, 2));
});

test("leaves the projection out where there is none", () => {
  expect([...whitenedInput(features, pictures, 0).keys()]).toEqual(["resampler.input.channels.mean", "resampler.input.channels.scale"]);
});
