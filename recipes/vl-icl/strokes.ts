/** Digits and capital letters as strokes of a pen, so that what is drawn depends on no font of the machine's. Each stands in a box of 60 x 100. */
const strokes: Readonly<Record<string, string>> = {
  "0": "M30 4C10 4 6 26 6 50S10 96 30 96S54 74 54 50S50 4 30 4Z",
  "1": "M12 22L34 4V96",
  "2": "M8 28C8-4 52-4 52 28C52 50 8 70 8 96H54",
  "3": "M9 16C20-4 52 2 50 26C49 44 34 48 24 48C38 48 54 54 53 72C52 100 16 102 7 80",
  "4": "M42 96V4L4 70H56",
  "5": "M50 4H14L10 46C24 34 54 38 54 66C54 98 18 104 6 82",
  "6": "M48 10C20-4 6 30 6 62C6 106 54 106 54 66C54 34 14 34 7 64",
  "7": "M6 4H54C40 30 26 60 22 96",
  "8": "M30 48C6 46 6 4 30 4S54 46 30 48C0 50 0 96 30 96S60 50 30 48Z",
  "9": "M12 90C40 104 54 70 54 38C54-6 6-6 6 34C6 66 46 66 53 36",
  "?": "M8 26C8-4 54-4 52 28C51 46 30 48 30 70M30 93V95",
  A: "M4 96L30 4L56 96M14 62H46",
  B: "M8 4V96H30C60 96 60 48 30 48H8H28C54 48 54 4 28 4Z",
  C: "M52 20C40-4 6-2 6 50S40 104 52 80",
  D: "M8 4V96H22C64 96 64 4 22 4Z",
  E: "M50 4H8V96H50M8 48H42",
  F: "M50 4H8V96M8 48H42",
  G: "M52 20C40-4 6-2 6 50S34 104 53 84V54H34",
  H: "M8 4V96M52 4V96M8 48H52",
  I: "M30 4V96",
  J: "M46 4V70C46 104 8 104 8 72",
  K: "M8 4V96M50 4L8 56M22 42L54 96",
  L: "M8 4V96H50",
  M: "M6 96V4L30 60L54 4V96",
  N: "M8 96V4L52 96V4",
  O: "M30 4C-4 4-4 96 30 96S64 4 30 4Z",
  P: "M8 96V4H28C60 4 60 54 28 54H8",
  Q: "M30 4C-4 4-4 96 30 96S64 4 30 4ZM36 72L56 98",
  R: "M8 96V4H28C60 4 60 54 28 54H8M30 54L54 96",
  S: "M52 18C40-4 8 0 8 26C8 52 54 44 54 72C54 102 14 102 6 80",
  T: "M4 4H56M30 4V96",
  U: "M8 4V66C8 106 52 106 52 66V4",
  V: "M4 4L30 96L56 4",
  W: "M2 4L16 96L30 30L44 96L58 4",
  X: "M6 4L54 96M54 4L6 96",
  Y: "M4 4L30 50L56 4M30 50V96",
  Z: "M8 4H54L6 96H54",
};

const boxWidth = 60;
const boxHeight = 100;
const gap = 22;

function advance(letter: string): number {
  return letter === " " ? boxWidth / 2 : boxWidth + gap;
}

/** Width of a text that is so high. */
export function textWidth(text: string, height: number): number {
  return (([...text].reduce((sum, letter) => sum + advance(letter), 0) - gap) * height) / boxHeight;
}

export interface TextStyle {
  readonly height: number;
  readonly colour: string;
  /** Of the pen, in hundredths of the height. */
  readonly pen?: number;
}

/**
 * A text as SVG.
 * @param left - of the first letter's box, in pixels; `top` as well
 * @throws Error where a letter is none of those above
 */
export function drawText(text: string, left: number, top: number, { height, colour, pen = 10 }: TextStyle): string {
  let at = 0;
  const letters = [...text].flatMap((letter) => {
    const place = at;
    at += advance(letter);
    if (letter === " ") return [];
    const path = strokes[letter];
    if (path === undefined) throw new Error(`"${letter}" cannot be drawn; there are ${Object.keys(strokes).join("")}`);
    return [`<path transform="translate(${place} 0)" d="${path}"/>`];
  });
  const pens = `fill="none" stroke="${colour}" stroke-width="${pen}" stroke-linecap="round" stroke-linejoin="round"`;
  return `<g transform="translate(${left.toFixed(2)} ${top.toFixed(2)}) scale(${height / boxHeight})" ${pens}>${letters.join("")}</g>`;
}
