import { useRef } from "preact/hooks";

interface FileButtonProps {
  readonly label: string;
  readonly take: (files: readonly File[]) => void;
  readonly accept?: string;
  readonly several?: boolean;
  /** Whether all files of a folder are taken. */
  readonly folder?: boolean;
  /** Whether a phone opens its camera. */
  readonly camera?: boolean;
  readonly class?: string;
}

/** A button that lets people choose files. */
export function FileButton({ label, take, accept = "image/*", several = false, folder = false, camera = false, class: style }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  const chosen = (): void => {
    const files = [...(input.current!.files ?? [])];
    // The same file may be chosen again.
    input.current!.value = "";
    if (files.length > 0) take(files);
  };
  return (
    <>
      <button type="button" class={style} onClick={() => input.current!.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        multiple={several}
        {...(folder ? { webkitdirectory: true } : {})}
        {...(camera ? { capture: "environment" } : {})}
        aria-label={label}
        onChange={chosen}
      />
    </>
  );
}
