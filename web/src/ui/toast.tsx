import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button";

export interface Message {
  text: string;
  action?: { label: string; run: () => void };
}

interface Props {
  message: Message | null;
  onActed: () => void; // the button that had the focus may be gone
  onClose: () => void;
}

const SHOWN_MS = 20_000;

// One message at the bottom, read aloud, with at most one thing to do about it.
export function Toast({ message, ...rest }: Props) {
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-20 z-30 flex justify-center md:bottom-6 md:left-26"
    >
      {message && <Shown message={message} {...rest} />}
    </div>
  );
}

// It waits for as long as a person points at it or has the focus in it.
function Shown({ message, onActed, onClose }: Props & { message: Message }) {
  const { text, action } = message;
  const [held, setHeld] = useState(false);

  useEffect(() => {
    if (held) return;
    const timer = setTimeout(onClose, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message, held, onClose]);

  return (
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-auto flex min-w-0 animate-[appear_150ms] items-center gap-1 rounded-card bg-ink py-1 pr-1 pl-4
        text-ground shadow-lg"
    >
      <p className="min-w-0 py-2 pr-2 wrap-anywhere">{text}</p>
      {action && (
        <Button
          look="onInk"
          className="font-semibold"
          onClick={() => {
            action.run();
            onActed();
          }}
        >
          {action.label}
        </Button>
      )}
      <Button look="onInk" aria-label="Dismiss" onClick={onClose}>
        <X aria-hidden size={16} />
      </Button>
    </div>
  );
}
