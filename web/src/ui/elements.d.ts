import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { ModelViewerElement } from "@google/model-viewer";

type Plain = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement>;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "model-viewer": DetailedHTMLProps<HTMLAttributes<ModelViewerElement>, ModelViewerElement> & {
        src: string;
        alt: string;
        poster?: string | undefined;
        exposure?: string;
        "camera-controls"?: boolean;
        "camera-orbit"?: string;
        "auto-rotate"?: boolean;
        "touch-action"?: string;
        "shadow-intensity"?: string;
        "interaction-prompt"?: string;
      };
      "media-controller": Plain;
      "media-control-bar": Plain;
      "media-play-button": Plain & { notooltip?: boolean };
      "media-time-range": Plain;
      "media-preview-time-display": Plain;
      "media-time-display": Plain & { showduration?: boolean; notoggle?: boolean };
      "media-fullscreen-button": Plain & { notooltip?: boolean };
    }
  }
}
