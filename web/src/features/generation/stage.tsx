import { lazy, Suspense } from "react";
import type { Generation, Output } from "../../api/types";
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
  const made = outputOf(generation, "picture");
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
          <Result generation={generation} mesh={mesh} made={made} poster={picture} />
        </Suspense>
      )}
    </div>
  );
}

interface ResultProps extends Props {
  mesh: Output | undefined;
  made: Output | undefined; // a picture
  poster: string | undefined;
}

function Result({ generation, mesh, made, poster }: ResultProps) {
  if (mesh) return <MeshViewer mesh={mesh} poster={poster} />;
  if (made) return <img src={made.url} alt={made.name} className="size-full object-contain" />;
  return <VideoPlayer generation={generation} />;
}
