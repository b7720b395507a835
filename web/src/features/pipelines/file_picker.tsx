import { FolderUp, ImagePlus } from "lucide-react";
import type { ChangeEvent, ReactNode } from "react";

interface Props {
  hovering: boolean; // files, above the page
  onFiles: (files: File[]) => void;
}

// Where many photos land: dropped, or chosen one by one or by the folder.
export function FilePicker({ hovering, onFiles }: Props) {
  const look = hovering ? "border-accent bg-accent-soft" : "border-line-strong bg-raised/50";
  return (
    <div className="space-y-2">
      <Pick
        onFiles={onFiles}
        className={`flex aspect-2/1 w-full flex-col items-center justify-center gap-1 border-2 border-dashed p-4 text-center ${look}`}
      >
        <ImagePlus aria-hidden size={36} strokeWidth={1.25} className="mb-1 text-accent" />
        <span className="text-base font-medium">
          {hovering ? "Let go to add" : "Drop photos or a folder here"}
        </span>
        <span className="text-muted">or click to choose photos</span>
      </Pick>
      <Pick
        folder
        onFiles={onFiles}
        className="flex min-h-11 items-center justify-center gap-2 border border-line-strong font-medium hover:bg-raised"
      >
        <FolderUp aria-hidden size={16} />
        Choose a folder
      </Pick>
    </div>
  );
}

interface PickProps {
  folder?: boolean;
  onFiles: (files: File[]) => void;
  className: string;
  children: ReactNode;
}

function Pick({ folder = false, onFiles, className, children }: PickProps) {
  const take = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    onFiles([...(target.files ?? [])]);
    target.value = ""; // so that the same files can be chosen again
  };
  return (
    <label
      className={`relative rounded-card transition hover:border-accent has-focus-visible:outline-2
        has-focus-visible:outline-offset-2 has-focus-visible:outline-accent has-disabled:opacity-50 ${className}`}
    >
      <input
        type="file"
        multiple
        {...(folder ? { webkitdirectory: "" } : { accept: "image/*" })}
        onChange={take}
        className="absolute inset-0 cursor-pointer opacity-0"
      />
      {children}
    </label>
  );
}
