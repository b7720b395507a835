import { Outlet } from "react-router";
import { Mark } from "../ui/mark";
import { Zoetrope } from "../ui/zoetrope";
import { ThemeButton } from "./theme_button";

// The frame of the pages before one is in: no rooms, and no live connection.
export function Doorway() {
  return (
    <div className="grid min-h-dvh lg:grid-cols-2">
      <aside
        aria-label="Zoetrope"
        className="hidden flex-col items-center justify-center gap-8 border-r border-line bg-surface p-12 text-center lg:flex"
      >
        <Zoetrope />
        <p className="text-xl font-semibold text-balance">Set a photo in motion</p>
        <p className="max-w-prose text-muted">
          Photos become videos and 3D models, on your own machine.
        </p>
      </aside>
      <div className="flex flex-col px-4 pt-3 pb-8">
        <header className="flex items-center justify-between">
          <Mark className="size-9 text-accent" />
          <ThemeButton />
        </header>
        <main className="m-auto w-full max-w-96 py-6">
          <Outlet />
        </main>
      </div>
    </div>
  );
}
