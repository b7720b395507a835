import { useEffect } from "react";
import { useNavigate } from "react-router";
import { keepSessionFresh, onSessionEnded } from "../api/session";
import { signInAddress } from "../features/accounts/identity";

// Keeps who is signed in signed in, and shows the door to who is not any more.
export function useSession(): void {
  const navigate = useNavigate();

  useEffect(keepSessionFresh, []);
  useEffect(
    () => onSessionEnded(() => void navigate(signInAddress(), { replace: true })),
    [navigate],
  );
}
