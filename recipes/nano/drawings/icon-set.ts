interface IconData {
  readonly body: string;
  readonly left?: number;
  readonly top?: number;
  readonly width?: number;
  readonly height?: number;
}

interface IconAlias {
  readonly parent: string;
  readonly hFlip?: boolean;
  readonly vFlip?: boolean;
  readonly rotate?: number;
}

/** An icon set in Iconify's JSON (`icons.json` of the packages `@iconify-json/*`). */
export interface IconSet {
  readonly prefix: string;
  readonly icons: Readonly<Record<string, IconData>>;
  readonly aliases?: Readonly<Record<string, IconAlias>>;
  readonly width?: number;
  readonly height?: number;
}

/** The icon that this name or alias stands for; a mirrored alias is another picture and stays itself. */
export function resolveIcon(set: IconSet, name: string): string | undefined {
  if (Object.hasOwn(set.icons, name)) return name;
  const alias = set.aliases !== undefined && Object.hasOwn(set.aliases, name) ? set.aliases[name] : undefined;
  if (alias === undefined) return undefined;
  return alias.hFlip === true || alias.vFlip === true || alias.rotate !== undefined ? name : resolveIcon(set, alias.parent);
}

/** An icon as an SVG document. @throws when the set has no such icon */
export function iconSvg(set: IconSet, name: string): string {
  const icon = set.icons[name];
  if (icon === undefined) {
    const alias = set.aliases?.[name];
    if (alias === undefined) throw new Error(`the icon set "${set.prefix}" has no icon "${name}"`);
    const inner = iconSvg(set, alias.parent);
    if (alias.hFlip !== true) throw new Error(`the icon "${name}" of "${set.prefix}" is a turned copy, which is not supported`);
    const [left, , width] = viewBox(set, set.icons[alias.parent]!);
    return inner.replace(/^(<svg[^>]*>)/, `$1<g transform="translate(${2 * left + width} 0) scale(-1 1)">`).replace(/<\/svg>$/, "</g></svg>");
  }
  const [left, top, width, height] = viewBox(set, icon);
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}">${icon.body}</svg>`;
}

function viewBox(set: IconSet, icon: IconData): [left: number, top: number, width: number, height: number] {
  return [icon.left ?? 0, icon.top ?? 0, icon.width ?? set.width ?? 16, icon.height ?? set.height ?? 16];
}
