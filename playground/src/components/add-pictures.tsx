import { takeFiles } from "../state/pictures.ts";
import { Camera } from "./camera.tsx";
import { FileButton } from "./file-button.tsx";

/** The ways to a picture; dropping and pasting are possible anywhere. */
export function AddPictures({ where, label }: { readonly where: "examples" | "question"; readonly label: string }) {
  const take = (files: readonly File[]): void => void takeFiles(files, where);
  return (
    <div class="add">
      <FileButton label={label} several={where === "examples"} take={take} />
      <FileButton label="Photograph" camera class="touch" take={take} />
      <Camera take={take} />
      <p class="hint mouse">or drop, or paste</p>
    </div>
  );
}
