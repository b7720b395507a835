import "../../ui/adopted_style";
import "@google/model-viewer";
import type { ModelViewerElement } from "@google/model-viewer";
import { Box, Maximize, RotateCcw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Output } from "../../api/types";
import { useReducedMotion } from "../../ui/use_reduced_motion";

interface Props {
  mesh: Output;
  poster: string | undefined;
}

// A little to the side, so that depth shows before anything is turned.
const ORBIT = "20deg 78deg 108%";

const tool =
  "grid size-11 place-items-center rounded-card bg-scrim text-white transition hover:bg-black";

export default function MeshViewer({ mesh, poster }: Props) {
  const still = useReducedMotion();
  const frame = useRef<HTMLDivElement>(null);
  const viewer = useRef<ModelViewerElement>(null);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    const element = viewer.current;
    const fail = (): void => setFailed(true);
    element?.addEventListener("error", fail);
    return () => element?.removeEventListener("error", fail);
  }, []);

  const reset = (): void => {
    const element = viewer.current;
    if (!element) return;
    element.resetTurntableRotation(0);
    element.cameraOrbit = ORBIT;
    element.fieldOfView = "auto";
    element.cameraTarget = "auto auto auto";
  };

  return (
    <div ref={frame} className="relative size-full bg-radial from-surface to-stage">
      <model-viewer
        ref={viewer}
        src={mesh.url}
        poster={poster}
        alt={`3D model of ${mesh.name}. Turn it with the arrow keys.`}
        camera-controls
        camera-orbit={ORBIT}
        auto-rotate={!still}
        touch-action="pan-y"
        shadow-intensity="0.8"
        interaction-prompt="none"
        className="block size-full"
      />
      {failed && (
        <p
          role="alert"
          className="absolute inset-0 flex flex-col items-center justify-center gap-2 bg-scrim p-6 text-center text-white"
        >
          <Box aria-hidden />
          This browser could not show the model. The downloads below still work.
        </p>
      )}
      <div className="absolute top-2 right-2 flex gap-1">
        <button
          type="button"
          className={tool}
          aria-label="Reset the view"
          title="Reset the view"
          onClick={reset}
        >
          <RotateCcw aria-hidden size={18} />
        </button>
        {document.fullscreenEnabled && (
          <button
            type="button"
            className={tool}
            aria-label="Full screen"
            title="Full screen"
            onClick={() =>
              void (document.fullscreenElement
                ? document.exitFullscreen()
                : frame.current?.requestFullscreen())
            }
          >
            <Maximize aria-hidden size={18} />
          </button>
        )}
      </div>
    </div>
  );
}
