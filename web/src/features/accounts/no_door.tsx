import { DoorOn } from "./door_card";
import { LocalNote } from "./local_note";

// Whoever wants in is in.
export function NoDoor() {
  return (
    <div className="space-y-5">
      <title>No accounts yet · Zoetrope</title>
      <h1 className="text-xl">There is nothing to sign in to yet</h1>
      <LocalNote />
      <DoorOn to="/">Go to Create</DoorOn>
    </div>
  );
}
