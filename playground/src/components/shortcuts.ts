import { askAgain, stopAnswers } from "../state/answers.ts";
import { saveTask } from "./save-task.ts";

/** Keys that mean something anywhere in the page. @returns how to listen no more */
export function listenToKeys(): () => void {
  const pressed = (event: KeyboardEvent): void => {
    const control = event.ctrlKey || event.metaKey;
    // An open dialog has the keys for itself.
    if (document.querySelector("dialog[open]") !== null) return;
    if (control && event.key === "s") saveTask();
    else if (control && event.key === "Enter") askAgain();
    else if (event.key === "Escape") stopAnswers();
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
