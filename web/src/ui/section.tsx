import { type ReactNode, useId } from "react";

interface Props {
  title: string;
  text?: string;
  action?: ReactNode;
  children: ReactNode;
}

// A card with a heading; its lists reach from edge to edge.
export function Section({ title, text, action, children }: Props) {
  const heading = useId();
  return (
    <section aria-labelledby={heading} className="rounded-card border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 p-4">
        <div className="min-w-0 flex-1 basis-48">
          <h2 id={heading} className="text-lg">
            {title}
          </h2>
          {text && <p className="text-muted">{text}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}
