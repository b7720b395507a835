import { Link } from "react-router";
import { buttonClass } from "../../ui/button";
import { LocalNote } from "./local_note";

// Whoever wants in is in.
export function NoDoor() {
  return (
    <div className="space-y-5">
      <title>No accounts yet · Zoetrope</title>
      <h1 className="text-xl">There is nothing to sign in to yet</h1>
      <LocalNote />
      <Link to="/" className={buttonClass("primary", "min-h-11 w-full")}>
        Go to Create
      </Link>
    </div>
  );
}
