import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { droppedFiles } from "../pictures/dropped-files.ts";
import { isTaker, type Taker, takeFiles } from "../state/pictures.ts";

/** Files that are dropped or pasted anywhere: a part of the screen takes those that come over it, elsewhere they become examples. */
export function DropAnywhere() {
  const over = useSignal<Taker | undefined>(undefined);
  useEffect(() => {
    const withFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const drag = (event: DragEvent): void => {
      if (!withFiles(event)) return;
      event.preventDefault();
      over.value = whereOf(event.target);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) over.value = undefined;
    };
    const drop = (event: DragEvent): void => {
      if (!withFiles(event)) return;
      event.preventDefault();
      over.value = undefined;
      const { target } = event;
      void droppedFiles(event.dataTransfer!).then((files) => take(files, target));
    };
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      // Text goes where it is written.
      if (files.length === 0) return;
      event.preventDefault();
      take(files, document.activeElement);
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
      document.removeEventListener("paste", paste);
    };
  }, []);
  useEffect(() => {
    for (const each of document.querySelectorAll<HTMLElement>("[data-takes]")) each.classList.toggle("over", each.dataset["takes"] === over.value);
  }, [over.value]);
  return null;
}

function take(files: readonly File[], target: EventTarget | null): void {
  if (files.length > 0) void takeFiles(files, whereOf(target));
}

function whereOf(target: EventTarget | null): Taker {
  const taker = target instanceof Element ? target.closest<HTMLElement>("[data-takes]")?.dataset["takes"] : undefined;
  return isTaker(taker) ? taker : "examples";
}
