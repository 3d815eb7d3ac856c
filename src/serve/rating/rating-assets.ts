/** What the rating page needs besides its HTML: nothing comes from elsewhere. */

/** Keys press the buttons and links that name them. */
export const ratingScript = `const byKey = new Map([...document.querySelectorAll("[data-key]")].map((element) => [element.dataset.key, element]));
addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input")) return;
  const element = byKey.get(event.key);
  if (element === undefined) return;
  event.preventDefault();
  element.click();
});
// A second click, before the next page is there, is not meant for the next answer.
for (const form of document.forms) form.addEventListener("submit", () => setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true))));
`;

export const ratingStyle = `:root {
  color-scheme: light dark;
  --ground: light-dark(#faf7f4, #16131a);
  --panel: light-dark(#fff, #201c26);
  --ink: light-dark(#231c26, #f1ecf3);
  --faint: light-dark(#6b606e, #aaa0b0);
  --line: light-dark(#cfc5c1, #4a4252);
  --accent: light-dark(#b3264f, #ff8aa8);
}
* { box-sizing: border-box; }
body { font: 17px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem; color: var(--ink); background: var(--ground); }
h1 { font-size: 1.2rem; margin: .25rem 0 .75rem; }
h2 { font-size: 1rem; margin: 0 0 .25rem; color: var(--faint); }
p { margin: .5rem 0; }
.text { white-space: pre-line; overflow-wrap: anywhere; }
.faint, summary { color: var(--faint); font-size: .9rem; }
summary { cursor: pointer; padding: .4rem 0; }
progress { width: 100%; accent-color: var(--accent); }
.pictures { display: flex; flex-wrap: wrap; gap: .5rem; }
.pictures img { max-width: 100%; max-height: 42vh; min-width: 6rem; object-fit: contain; background: #fff; border-radius: .4rem; }
.examples { display: flex; flex-wrap: wrap; gap: .75rem; }
.examples > div { width: 9rem; font-size: .85rem; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; margin: .75rem 0; }
.answer { background: var(--panel); border: 1px solid var(--line); border-radius: .6rem; padding: .75rem; font-size: 1.15rem; }
fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
legend { padding: 0 0 .4rem; }
button, .button { font: inherit; min-height: 3rem; padding: .4rem .8rem; flex: 1 1 5rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--panel); color: var(--ink); cursor: pointer; text-decoration: none; text-align: center; }
button[aria-pressed="true"] { border: 3px solid var(--accent); }
button:hover, .button:hover { border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
kbd { font: inherit; color: var(--faint); }
nav { display: flex; justify-content: space-between; gap: 1rem; margin-top: 1rem; }
a { color: var(--accent); }
label { display: block; margin-bottom: .4rem; }
input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem; width: 100%; max-width: 24rem; }
form > button { margin-top: .75rem; flex: none; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
.problem { color: var(--accent); }
`;
