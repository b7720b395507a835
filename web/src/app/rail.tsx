import {
  BookOpen,
  CircleUserRound,
  Layers,
  ListOrdered,
  ListTodo,
  type LucideIcon,
  Sparkles,
  Users,
} from "lucide-react";
import { Link, NavLink } from "react-router";
import type { Connection } from "./live/live";
import { Avatar } from "../features/accounts/avatar";
import { useMe } from "../features/accounts/queries";
import { Mark } from "../ui/mark";
import { railCell } from "./rail_cell";
import { ThemeButton } from "./theme_button";

const rooms: readonly { to: string; label: string; icon: LucideIcon }[] = [
  { to: "/", label: "Create", icon: Sparkles },
  { to: "/batches", label: "Batches", icon: Layers },
  { to: "/queue", label: "Queue", icon: ListOrdered },
  { to: "/todos", label: "Todos", icon: ListTodo },
];

const roomCell = `${railCell} aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent`;

// A column at the left; on small screens a bar at the bottom.
export function Rail({ connection }: { connection: Connection }) {
  return (
    <header
      className="fixed inset-x-0 bottom-0 z-20 flex items-center border-t border-line bg-surface px-2 py-1 md:gap-1
        pb-[max(0.25rem,env(safe-area-inset-bottom))] md:inset-y-0 md:right-auto md:w-20 md:flex-col md:border-t-0
        md:border-r md:px-2 md:py-4"
    >
      <Link
        to="/"
        aria-label="Zoetrope"
        className="hidden rounded-card p-2 text-accent md:mb-4 md:block"
      >
        <Mark className="size-9" />
      </Link>
      <nav
        aria-label="Rooms"
        className="flex flex-1 justify-between md:flex-none md:flex-col md:gap-1"
      >
        {rooms.map(({ to, label, icon: Icon }) => (
          <NavLink key={to} to={to} end={to === "/"} className={roomCell}>
            <Icon aria-hidden size={20} strokeWidth={1.75} />
            {label}
          </NavLink>
        ))}
        <AccountRooms />
      </nav>
      <div className="flex items-center md:mt-auto md:flex-col md:gap-1">
        <a href="/docs" className={`${railCell} max-md:hidden`} title="The addresses of the server">
          <BookOpen aria-hidden size={20} strokeWidth={1.75} />
          API
        </a>
        <ConnectionState connection={connection} />
        <ThemeButton />
      </div>
    </header>
  );
}

// The user without an address is the one of a server without accounts.
function AccountRooms() {
  const { data: me } = useMe();
  const account = me?.email != null;
  return (
    <>
      {account && me.role === "admin" && (
        <NavLink to="/users" className={`${roomCell} max-md:hidden`}>
          <Users aria-hidden size={20} strokeWidth={1.75} />
          Users
        </NavLink>
      )}
      <NavLink to="/account" className={roomCell}>
        {account ? (
          <Avatar name={me.username} className="size-5 text-xs" />
        ) : (
          <CircleUserRound aria-hidden size={20} strokeWidth={1.75} />
        )}
        Account
      </NavLink>
    </>
  );
}

const states: Record<Connection, { label: string; title: string; dot: string }> = {
  live: { label: "Live", title: "Connected: changes appear at once", dot: "bg-live" },
  connecting: {
    label: "Joining",
    title: "Connecting to the server",
    dot: "bg-line-strong animate-pulse",
  },
  offline: {
    label: "Offline",
    title: "No live connection: trying again, and asking every two seconds meanwhile",
    dot: "bg-danger",
  },
};

function ConnectionState({ connection }: { connection: Connection }) {
  const { label, title, dot } = states[connection];
  return (
    <p
      role="status"
      title={title}
      data-connection={connection}
      className="flex items-center justify-center gap-1.5 px-1 py-2 text-xs text-muted md:w-16 md:px-0"
    >
      <span aria-hidden className={`size-2 rounded-full ${dot}`} />
      <span className="max-md:sr-only">{label}</span>
    </p>
  );
}
