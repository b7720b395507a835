import { useEffect } from "react";
import { keepSessionFresh, onSessionEnded } from "../api/session";
import { goToSignIn } from "../features/accounts/identity";

// Keeps who is signed in signed in, and shows the door to who is not any more: as a new page, for
// this one still knows who it was.
export function useSession(): void {
  useEffect(keepSessionFresh, []);
  useEffect(() => onSessionEnded(goToSignIn), []);
}
