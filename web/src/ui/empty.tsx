import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  icon: LucideIcon;
  title: string;
  text: string;
  children?: ReactNode; // the next action
}

export function Empty({ icon: Icon, title, text, children }: Props) {
  return (
    <div className="flex flex-col items-center gap-3 px-4 py-16 text-center">
      <Icon aria-hidden size={32} strokeWidth={1.5} className="text-muted" />
      <h2 className="text-lg">{title}</h2>
      <p className="max-w-prose text-muted">{text}</p>
      {children}
    </div>
  );
}
