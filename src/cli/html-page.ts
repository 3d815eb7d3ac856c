/** Pages that need no other file. */

export interface HtmlPage {
  readonly title: string;
  /** Beside what all pages have. */
  readonly style?: string;
  /** Elements, whose text is escaped already. */
  readonly body: string;
}

/** Colours of all pages, where the reader's machine is light and where it is dark. */
const common = `:root {
  color-scheme: light dark;
  --ground: light-dark(#fff, #16181c);
  --ink: light-dark(#222, #e6e6e6);
  --faint: light-dark(#5c5c5c, #a5a5a5);
  --line: light-dark(#ddd, #3a3f47);
  --good: light-dark(#2b8a3e, #69db7c);
  --good-ground: light-dark(#f4fcf6, #16271b);
  --bad: light-dark(#c92a2a, #ff8787);
  --bad-ground: light-dark(#fff5f5, #2c1a1a);
}
* { box-sizing: border-box; }
body { font: 16px/1.4 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--ground); }
h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; overflow-wrap: anywhere; }
small, figcaption { color: var(--faint); font-weight: normal; font-size: .85rem; }
figure { margin: 0; }
.strip { display: flex; flex-wrap: wrap; gap: .75rem; margin: .5rem 0; }`;

export function htmlPage({ title, style = "", body }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
${common}
${style}
</style>
<main>
${body}
</main>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
