import "../../ui/adopted_style";
import "media-chrome/dist/media-controller.js";
import "media-chrome/dist/media-control-bar.js";
import "media-chrome/dist/media-fullscreen-button.js";
import "media-chrome/dist/media-play-button.js";
import "media-chrome/dist/media-time-display.js";
import "media-chrome/dist/media-time-range.js";
import type { Generation } from "../../api/types";
import { useReducedMotion } from "../../ui/use_reduced_motion";
import { outputOf, pictureOf } from "./outputs";

// A silent loop, so it may start by itself.
export default function VideoPlayer({ generation }: { generation: Generation }) {
  const still = useReducedMotion();
  const sources = [outputOf(generation, "video"), outputOf(generation, "video_webm")].filter(
    (source) => source !== undefined,
  );
  return (
    <media-controller className="size-full" aria-label="Video player">
      <video
        slot="media"
        poster={pictureOf(generation)?.url}
        autoPlay={!still}
        loop
        muted
        playsInline
        preload="metadata"
        className="size-full object-contain"
      >
        {sources.map(({ id, url, media_type }) => (
          <source key={id} src={url} type={media_type} />
        ))}
      </video>
      <media-control-bar>
        <media-play-button notooltip />
        <media-time-range>
          <media-preview-time-display slot="preview" />
        </media-time-range>
        <media-time-display showduration notoggle />
        <media-fullscreen-button notooltip />
      </media-control-bar>
    </media-controller>
  );
}
