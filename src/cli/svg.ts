/** SVG as text. */

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** @param children - elements, which are text that is escaped already */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escaped(typeof value === "number" ? short(value) : value)}"`],
  );
  return children.length === 0 ? `<${name}${given.join("")}/>` : `<${name}${given.join("")}>${children.join("")}</${name}>`;
}

export function textElement(attributes: Attributes, content: string): string {
  return element("text", attributes, escaped(content));
}

/** A line through points, in pixels. */
export function pathThrough(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${short(x)} ${short(y)}`).join("");
}

/** A guess at how wide a text is, in pixels: no font is measured. */
export function textWidth(text: string, size: number): number {
  return 0.6 * size * [...text].length;
}

/** A hundredth of a pixel is more than anybody sees. */
function short(value: number): string {
  return `${Math.round(100 * value) / 100}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
