import { DoorFrame, DoorOn } from "./door_card";
import { HowToOpen } from "./how_to_open";
import { LocalNote } from "./local_note";
import { useMe } from "./queries";

// In place of a door while there are no accounts: who has the link is in, everybody else needs it.
export function NoDoor() {
  const me = useMe();
  if (me.isPending) return null;
  if (!me.data)
    return (
      <DoorFrame title="Open the link of this server">
        <HowToOpen />
      </DoorFrame>
    );
  return (
    <DoorFrame title="There is nothing to sign in to yet">
      <LocalNote />
      <DoorOn to="/">Go to Create</DoorOn>
    </DoorFrame>
  );
}
