import { ImagePlus, Plus, X } from "lucide-react";
import { type ChangeEvent, type ReactNode, useState } from "react";
import { ProblemNotice } from "../../ui/problem_notice";
import { ProgressBar } from "../../ui/progress_bar";
import type { Photo } from "./use_photos";

interface Props {
  photos: Photo[];
  hovering: boolean;
  onFiles: (files: File[]) => void;
  onRemove: (photos: Photo[]) => void;
}

// Where photos land: dropped, pasted or chosen.
export function PhotoTray({ photos, hovering, onFiles, onRemove }: Props) {
  const failed = photos.filter(({ error }) => error);
  const good = photos.filter(({ error }) => !error);
  return (
    <div className="space-y-3">
      {good.length === 0 ? (
        <DropField hovering={hovering} onFiles={onFiles} shape="aspect-2/1 w-full p-4">
          <ImagePlus aria-hidden size={36} strokeWidth={1.25} className="mb-1 text-accent" />
          <span className="text-base font-medium">
            {hovering ? "Let go to add" : "Drop photos here"}
          </span>
          <span className="text-muted">or paste them, or click to choose</span>
        </DropField>
      ) : (
        <ul aria-label="Photos to use" className="grid grid-cols-3 gap-2">
          {good.map((photo) => (
            <PhotoTile key={photo.key} photo={photo} onRemove={() => onRemove([photo])} />
          ))}
          <li>
            <DropField hovering={hovering} onFiles={onFiles} shape="aspect-square text-muted">
              <Plus aria-hidden size={22} />
              <span>
                Add <span className="sr-only">photos</span>
              </span>
            </DropField>
          </li>
        </ul>
      )}
      {failed.map((photo) => (
        <div key={photo.key} className="relative">
          <ProblemNotice error={photo.error} />
          <RemoveButton label={`Dismiss ${photo.name}`} onClick={() => onRemove([photo])} />
        </div>
      ))}
    </div>
  );
}

interface DropFieldProps extends Pick<Props, "hovering" | "onFiles"> {
  shape: string;
  children: ReactNode;
}

function DropField({ hovering, onFiles, shape, children }: DropFieldProps) {
  const take = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    onFiles([...(target.files ?? [])]);
    target.value = ""; // so that the same file can be chosen again
  };
  return (
    <label
      className={`relative flex flex-col items-center justify-center gap-1 rounded-card border-2 border-dashed text-center
        transition hover:border-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2
        has-focus-visible:outline-accent ${shape} ${hovering ? "border-accent bg-accent-soft" : "border-line-strong bg-raised/50"}`}
    >
      <input
        type="file"
        multiple
        accept="image/*"
        onChange={take}
        className="absolute inset-0 cursor-pointer opacity-0"
      />
      {children}
    </label>
  );
}

function PhotoTile({ photo, onRemove }: { photo: Photo; onRemove: () => void }) {
  const [unreadable, setUnreadable] = useState(false);
  return (
    <li className="relative aspect-square animate-[appear_150ms] overflow-hidden rounded-card bg-stage">
      {!unreadable && (
        <img
          src={photo.preview_url}
          alt={photo.name}
          onError={() => setUnreadable(true)}
          className="size-full object-cover"
        />
      )}
      {!photo.asset && (
        <div className="absolute inset-x-0 bottom-0 bg-scrim p-2">
          <ProgressBar label={`Sending ${photo.name}`} value={photo.progress} />
        </div>
      )}
      <RemoveButton label={`Remove ${photo.name}`} onClick={onRemove} />
    </li>
  );
}

function RemoveButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className="group absolute top-0 right-0 grid size-11 place-items-center rounded-card"
    >
      <span className="grid size-7 place-items-center rounded-full bg-scrim text-white transition group-hover:bg-black">
        <X aria-hidden size={16} />
      </span>
    </button>
  );
}
