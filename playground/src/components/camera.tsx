import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Problem } from "./problem.tsx";

/** Photographs with the machine's camera. A phone's own camera program is better: `FileButton` opens that. */
export function Camera({ take }: { readonly take: (files: readonly File[]) => void }) {
  const open = useSignal(false);
  // Browsers give it to safe pages alone.
  if (!("mediaDevices" in navigator)) return null;
  return (
    <>
      <button type="button" class="mouse" onClick={() => (open.value = true)}>
        Camera
      </button>
      {open.value && <Viewfinder take={take} close={() => (open.value = false)} />}
    </>
  );
}

function Viewfinder({ take, close }: { readonly take: (files: readonly File[]) => void; readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const sees = useSignal(false);
  const problem = useSignal("");
  useEffect(() => {
    dialog.current!.showModal();
    const opening = navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    opening.then(
      (stream) => {
        if (video.current !== null) video.current.srcObject = stream;
      },
      () => (problem.value = "The browser gives no camera: there is none, it is in use, or this page may not have it."),
    );
    // Its light goes out.
    return () => void opening.then((stream) => stream.getTracks().forEach((track) => track.stop())).catch(() => undefined);
  }, []);
  const photograph = async (): Promise<void> => {
    const { videoWidth, videoHeight } = video.current!;
    const canvas = new OffscreenCanvas(videoWidth, videoHeight);
    canvas.getContext("2d")!.drawImage(video.current!, 0, 0);
    take([new File([await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 })], "photograph.jpg", { type: "image/jpeg" })]);
    dialog.current!.close();
  };
  return (
    <dialog ref={dialog} aria-labelledby="camera-title" onClose={close}>
      <h2 id="camera-title">Camera</h2>
      <video ref={video} autoplay muted playsInline aria-label="What the camera sees" onLoadedData={() => (sees.value = true)} />
      <Problem text={problem.value} />
      <div class="row">
        <button type="button" class="primary" disabled={!sees.value} onClick={() => void photograph()}>
          Photograph
        </button>
        <button type="button" onClick={() => dialog.current!.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
