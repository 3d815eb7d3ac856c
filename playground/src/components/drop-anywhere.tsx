import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { takeFiles } from "../state/pictures.ts";

type Where = "examples" | "question";

/** Files that are dropped or pasted anywhere: on the question they are asked about, elsewhere they become examples. */
export function DropAnywhere() {
  const over = useSignal<Where | undefined>(undefined);
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
      take([...event.dataTransfer!.files], event.target);
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

function whereOf(target: EventTarget | null): Where {
  const section = target instanceof Element ? target.closest<HTMLElement>("[data-takes]") : null;
  return section?.dataset["takes"] === "question" ? "question" : "examples";
}
