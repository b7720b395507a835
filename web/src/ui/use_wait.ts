import { useEffect, useState } from "react";
import type { ApiError } from "../api/problem";

// For how many seconds more the server does not want to be asked again.
export function useWait(error: ApiError | null): number {
  const [left_s, setLeft] = useState(0);

  useEffect(() => {
    const wait_s = error?.retry_after_s ?? 0;
    const until = Date.now() + wait_s * 1000;
    const tick = (): void => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    tick();
    if (wait_s === 0) return;
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [error]);

  return left_s;
}
