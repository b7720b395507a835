import { lazy, Suspense } from "react";
import type { Generation } from "../../api/types";
import { useAsset } from "../library/queries";
import { outputOf, photoIdOf, pictureOf } from "./outputs";
import { isUnfinished } from "./queries";
import { Stopped } from "./stopped";
import { Working } from "./working";

const VideoPlayer = lazy(() => import("./video_player"));
const MeshViewer = lazy(() => import("./mesh_viewer"));

interface Props {
  generation: Generation;
}

// Fills its parent with the result, or with the photo while there is none; what does not fit its
// shape floats on a blurred copy of itself.
export function Stage({ generation }: Props) {
  const photo = useAsset(photoIdOf(generation)).data?.url;
  const picture = pictureOf(generation)?.url ?? photo;
  const mesh = outputOf(generation, "mesh");
  return (
    <div className="relative isolate size-full overflow-hidden bg-stage">
      {picture && !mesh && (
        <img
          src={picture}
          alt=""
          className="absolute inset-0 -z-10 size-full scale-110 object-cover opacity-45 blur-2xl"
        />
      )}
      {isUnfinished(generation) && <Working generation={generation} photo={photo} />}
      {(generation.state === "failed" || generation.state === "cancelled") && (
        <Stopped generation={generation} photo={photo} />
      )}
      {generation.state === "succeeded" && (
        <Suspense
          fallback={picture && <img src={picture} alt="" className="size-full object-contain" />}
        >
          {mesh ? (
            <MeshViewer mesh={mesh} poster={picture} />
          ) : (
            <VideoPlayer generation={generation} />
          )}
        </Suspense>
      )}
    </div>
  );
}
