/** A data set of a test's own: discs in two colours, with what they are called. */
import type { Picture } from "flamingo-vlm/data";
import type { OpenSource, SourceMedium } from "flamingo-vlm/train";

const colours: Readonly<Record<string, readonly number[]>> = { apple: [208, 32, 32], leaf: [32, 160, 48] };

function disc(name: string, size: number): Picture {
  const data = new Uint8ClampedArray(size * size * 3).fill(255);
  for (let i = 0; i < size * size; i++) {
    const [x, y] = [(i % size) + 0.5 - size / 2, Math.floor(i / size) + 0.5 - size / 2];
    if (Math.hypot(x, y) < 0.4 * size) data.set(colours[name]!, 3 * i);
  }
  return { width: size, height: size, data };
}

/** @param options - whether pictures are encoded once, instead of whenever they are shown */
const open: OpenSource = (options) => {
  const { stored = false } = (options ?? {}) as { stored?: boolean };
  const ids = Object.keys(colours);
  const shown = (id: string): SourceMedium => (stored ? { stored: id, version: 0 } : { picture: disc(id, 256) });
  return {
    ...(stored ? { pictures: { ids, versions: 1, key: "discs", render: (id, _, size) => Promise.resolve(disc(id, size)) } } : {}),
    document(random) {
      const names = random.sample(ids, random.integer(1, 2));
      return names.flatMap((name) => [
        { kind: "media", medium: shown(name) },
        { kind: "text", text: ` a ${name}`, learn: true },
        { kind: "endOfChunk", learn: true },
      ]);
    },
    pairs: (count, random) => random.sample(ids, count).map((id) => [shown(id), shown(id)] as const),
    vocabularyTexts: () => ids,
  };
};
export default open;
