import { Eye, EyeOff } from "lucide-react";
import { type InputHTMLAttributes, useState } from "react";
import { Field, inputClass } from "./field";

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange"> {
  label: string;
  problem?: string | undefined;
  hint?: string;
  onType: (value: string) => void;
}

// A line of text that is no prose: nothing corrects it or makes it begin with a capital.
export function TextField({ label, problem, hint, onType, className = "", ...rest }: Props) {
  return (
    <Field label={label} problem={problem} hint={hint}>
      {(props) => (
        <input
          autoCapitalize="none"
          spellCheck={false}
          {...rest}
          {...props}
          onChange={({ target }) => onType(target.value)}
          className={`${inputClass} ${className}`}
        />
      )}
    </Field>
  );
}

// The same for a secret, which shows on demand.
export function SecretField(props: Props) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <div className="relative">
      <TextField {...props} type={shown ? "text" : "password"} className="pr-12" />
      <button
        type="button"
        aria-label={`${shown ? "Hide" : "Show"} the ${props.label.toLowerCase()}`}
        onClick={() => setShown(!shown)}
        className="absolute top-6.5 right-0 grid size-11 place-items-center rounded-card text-muted transition hover:text-ink"
      >
        <Icon aria-hidden size={18} />
      </button>
    </div>
  );
}
