import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Doors } from "../../api/types";
import { Loaded } from "../../ui/loaded";

interface Props {
  title: string;
  doors: Parameters<typeof Loaded<Doors>>[0]["query"];
  children: (doors: Doors) => ReactNode;
}

// One of the pages before the studio.
export function DoorCard({ title, doors, children }: Props) {
  return (
    <div className="space-y-5">
      <title>{`${title} · Zoetrope`}</title>
      <h1 className="text-xl">{title}</h1>
      <Loaded query={doors} rows={3}>
        {(open) => <div className="space-y-5">{children(open)}</div>}
      </Loaded>
    </div>
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
