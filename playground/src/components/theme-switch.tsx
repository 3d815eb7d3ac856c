import { signal } from "@preact/signals";

const name = "flamingo-theme";
/** As the system has it, unless somebody chose. */
const dark = signal(document.documentElement.dataset["theme"] === "dark");

function show(isDark: boolean): void {
  dark.value = isDark;
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
}

const chosen = localStorage.getItem(name);
if (chosen === null) dark.value = matchMedia("(prefers-color-scheme: dark)").matches;
else show(chosen === "dark");

export function ThemeSwitch() {
  const change = (): void => {
    show(!dark.value);
    localStorage.setItem(name, dark.value ? "dark" : "light");
  };
  return (
    <button type="button" class="small" aria-label="Dark" aria-pressed={dark.value} title={dark.value ? "Light" : "Dark"} onClick={change}>
      {dark.value ? "☀" : "☾"}
    </button>
  );
}
