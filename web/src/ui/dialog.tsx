import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "./button";

interface Props {
  title: string;
  onClose: () => void;
  stays?: boolean; // a click beside it does not close it: what it shows would be lost
  children: ReactNode;
}

// Modal for as long as it is rendered; the browser keeps the focus inside and gives it back.
export function Dialog({ title, onClose, stays = false, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      closedby={stays ? "closerequest" : "any"}
      onCancel={onClose}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-card border border-line bg-surface text-ink shadow-lg
        backdrop:bg-scrim"
    >
      <div className="p-4">
        <div className="mb-3 flex items-center justify-between gap-4">
          <h2 id={heading} className="text-lg">
            {title}
          </h2>
          <Button look="ghost" aria-label="Close" onClick={onClose}>
            <X aria-hidden size={18} />
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
