import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "./button";
import { Field, inputClass } from "./field";

// A text to take along.
export function CopyField({ label, value }: { label: string; value: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const Icon = copied ? Check : Copy;

  const copy = async (): Promise<void> => {
    input.current?.select();
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      // Plain http (not on loopback) has no clipboard but the old one.
      setCopied(document.execCommand("copy"));
    }
  };

  return (
    <Field label={label}>
      {(props) => (
        <div className="flex gap-2">
          <input
            {...props}
            ref={input}
            readOnly
            value={value}
            onFocus={({ target }) => target.select()}
            className={`${inputClass} font-mono`}
          />
          <Button onClick={() => void copy()} className="min-h-11 min-w-26 shrink-0">
            <Icon aria-hidden size={16} />
            <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
          </Button>
        </div>
      )}
    </Field>
  );
}
