import type { ButtonHTMLAttributes } from "react";

type Look = "primary" | "plain" | "ghost" | "onInk";

const looks: Record<Look, string> = {
  primary:
    "bg-accent text-accent-ink px-5 hover:brightness-110 disabled:bg-raised disabled:text-muted",
  plain: "border border-line bg-surface px-3 hover:bg-raised disabled:text-muted",
  ghost: "px-3 text-muted hover:bg-raised hover:text-ink",
  onInk: "px-3 text-ground outline-offset-[-2px]! outline-ground! hover:underline",
};

// For links that look like buttons too.
export function buttonClass(look: Look, extra = ""): string {
  return (
    "inline-flex min-h-10 min-w-10 items-center justify-center gap-2 rounded-card text-sm font-medium transition select-none " +
    `pointer-coarse:min-h-11 pointer-coarse:min-w-11 ${looks[look]} ${extra}`
  );
}

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
}

export function Button({ look = "plain", className, type = "button", ...rest }: Props) {
  return <button type={type} className={buttonClass(look, className)} {...rest} />;
}
