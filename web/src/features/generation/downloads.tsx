import { Download } from "lucide-react";
import type { Output, OutputRole } from "../../api/types";
import { buttonClass } from "../../ui/button";
import { formatBytes } from "../../ui/format";

const formats: Record<OutputRole, { format: string; what: string }> = {
  video: { format: "MP4", what: "the video" },
  video_webm: { format: "WebM", what: "the video" },
  poster: { format: "JPG", what: "the poster picture" },
  mesh: { format: "GLB", what: "the textured model" },
  print: { format: "STL", what: "the model for printing" },
  preview: { format: "PNG", what: "the preview picture" },
  picture: { format: "Picture", what: "the picture" },
};

export function Downloads({ outputs }: { outputs: Output[] }) {
  if (outputs.length === 0) return null;
  return (
    <ul aria-label="Downloads" className="flex flex-wrap gap-2">
      {outputs.map(({ id, role, name, bytes, url }) => {
        const { format, what } = formats[role];
        return (
          <li key={id}>
            <a
              href={`${url}?download=1`}
              download={name}
              title={`Download ${what}`}
              className={buttonClass("plain", "gap-1.5 px-2.5")}
            >
              <Download aria-hidden size={16} />
              <span className="sr-only">Download {what} as </span>
              {format}{" "}
              <span className="font-normal text-muted tabular-nums">{formatBytes(bytes)}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}
