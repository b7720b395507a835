import { type InputHTMLAttributes, type RefObject, useEffect, useRef } from "react";
import { inputClass } from "../../ui/field";

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "defaultValue"> {
  value: string; // of the address
  onChange: (value: string) => void;
  ref?: RefObject<HTMLInputElement | null>;
}

const SETTLE_MS = 200;

// An input whose value is kept in the address. While a person types in it, it leads and the address
// follows; otherwise it shows what the address says.
export function FilterInput({ value, onChange, ref, className = "", ...rest }: Props) {
  const own = useRef<HTMLInputElement>(null);
  const input = ref ?? own;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    const element = input.current;
    if (element && element !== document.activeElement) element.value = value;
  }, [input, value]);

  const settle = (now: string): void => {
    clearTimeout(timer.current);
    if (now !== value) onChange(now);
  };

  return (
    <input
      {...rest}
      ref={input}
      defaultValue={value}
      onChange={({ target }) => {
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onChange(target.value), SETTLE_MS);
      }}
      onBlur={({ target }) => settle(target.value)}
      onKeyDown={({ key, currentTarget }) => {
        if (key === "Enter") settle(currentTarget.value);
        if (key === "Escape" && currentTarget.value === "") currentTarget.blur();
      }}
      className={`${inputClass} ${className}`}
    />
  );
}
