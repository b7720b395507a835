import { useEffect, useRef } from "react";
import { Outlet, useLocation, useNavigationType } from "react-router";
import { DropAnywhere } from "./drop_anywhere";
import { LeaveGuard } from "./leave_guard";
import { useLive } from "./live/use_live";
import { Rail } from "./rail";
import { useSession } from "./use_session";

export function Shell() {
  useSession();
  const connection = useLive();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const arrival = useNavigationType();

  // A new page starts at its top and takes the focus, as a page load would.
  useEffect(() => {
    if (arrival !== "PUSH") return;
    scrollTo(0, 0);
    main.current?.focus();
  }, [pathname, arrival]);

  return (
    <>
      <a
        href="#main"
        className="fixed top-2 left-2 z-30 -translate-y-20 rounded-card bg-accent px-4 py-3 text-accent-ink focus:translate-y-0"
      >
        Skip to content
      </a>
      <Rail connection={connection} />
      <DropAnywhere />
      <LeaveGuard />
      <main id="main" ref={main} tabIndex={-1} className="px-4 pt-5 pb-24 md:pb-8 md:pl-26 lg:pr-6">
        <Outlet />
      </main>
    </>
  );
}
