import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Doors } from "../../api/types";
import { buttonClass } from "../../ui/button";
import { Loaded } from "../../ui/loaded";

interface FrameProps {
  title: string;
  children: ReactNode;
}

// One of the pages before the studio.
export function DoorFrame({ title, children }: FrameProps) {
  return (
    <div className="space-y-5">
      <title>{`${title} · Zoetrope`}</title>
      <h1 className="text-xl">{title}</h1>
      {children}
    </div>
  );
}

interface Props {
  title: string;
  doors: Parameters<typeof Loaded<Doors>>[0]["query"];
  children: (doors: Doors) => ReactNode;
}

// The same for one that needs to know how one gets in.
export function DoorCard({ title, doors, children }: Props) {
  return (
    <DoorFrame title={title}>
      <Loaded query={doors} rows={3}>
        {(open) => <div className="space-y-5">{children(open)}</div>}
      </Loaded>
    </DoorFrame>
  );
}

export function DoorLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link
      to={to}
      className="inline-flex min-h-11 items-center rounded-inner font-medium text-accent underline underline-offset-3"
    >
      {children}
    </Link>
  );
}

// The one way on of a page that has nothing to fill in.
export function DoorOn({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className={buttonClass("primary", "min-h-11 w-full")}>
      {children}
    </Link>
  );
}
