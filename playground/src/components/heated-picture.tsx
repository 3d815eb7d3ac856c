import { useEffect, useRef } from "preact/hooks";
import type { ExplainedAnswer, Look } from "../answering/answerer.ts";

/** Red, green, blue, and how much of the picture the place covers that got the most: as `flamingo ask --explain` draws it. */
const heat = [214, 51, 108] as const;
const strongest = 0.8;

interface HeatedPictureProps {
  readonly url: string;
  readonly frame: ExplainedAnswer["media"][number]["frames"][number];
  readonly look: Look;
  readonly caption: string;
  readonly large?: boolean;
}

/** A picture with a map of shares over it, which lies where the model saw the picture. */
export function HeatedPicture({ url, frame: { width, height, area }, look, caption, large = false }: HeatedPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = look.map[0]!;
  useEffect(() => draw(canvas.current!, map), [map]);
  const place = { left: percent(area.left), top: percent(area.top), width: percent(area.width), height: percent(area.height) };
  return (
    <figure class={large ? "heated large" : "heated"}>
      <div class="picture" style={{ aspectRatio: `${width} / ${height}` }}>
        <img src={url} alt="" />
        <canvas ref={canvas} style={place} role="img" aria-label={strongestPlace(map)} />
      </div>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

/** One pixel for each place: the browser stretches them smoothly. */
function draw(canvas: HTMLCanvasElement, map: readonly (readonly number[])[]): void {
  const [rows, columns] = [map.length, map[0]!.length];
  const most = Math.max(...map.flat());
  canvas.width = columns;
  canvas.height = rows;
  const cells = map.flatMap((row) => row.flatMap((share) => [...heat, Math.round(255 * strongest * (most > 0 ? share / most : 0))]));
  canvas.getContext("2d")!.putImageData(new ImageData(Uint8ClampedArray.from(cells), columns, rows), 0, 0);
}

/** The map for those who do not see it. */
function strongestPlace(map: readonly (readonly number[])[]): string {
  const most = Math.max(...map.flat());
  const row = map.findIndex((each) => each.includes(most));
  const column = map[row]!.indexOf(most);
  const third = (at: number, of: number, names: readonly [string, string, string]): string =>
    names[Math.min(2, Math.floor((3 * (at + 0.5)) / of)) as 0 | 1 | 2];
  return `It looked most at the ${third(row, map.length, ["top", "middle", "bottom"])} ${third(column, map[0]!.length, ["left", "centre", "right"])}.`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)}%`;
}
