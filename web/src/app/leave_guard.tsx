import { useEffect } from "react";
import { useBlocker } from "react-router";
import { isSending } from "../features/library/sending";
import { Confirm } from "../ui/confirm";

const AT_ONCE = { isPending: false, error: null }; // there is nothing to wait for

// Asks before somebody goes while photos are being sent: to another room, or away from the studio.
export function LeaveGuard() {
  const { state, proceed, reset } = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isSending() && currentLocation.pathname !== nextLocation.pathname,
  );

  useEffect(() => {
    const stop = new AbortController();
    addEventListener(
      "beforeunload",
      (event) => {
        if (isSending()) event.preventDefault();
      },
      { signal: stop.signal },
    );
    return () => stop.abort();
  }, []);

  if (state !== "blocked") return null;
  return (
    <Confirm
      title="Photos are still being sent"
      text="If you leave now, those that have not arrived are not sent."
      action="Leave"
      cancel="Stay"
      doing={AT_ONCE}
      onConfirm={proceed}
      onClose={reset}
    />
  );
}
