import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { User, UserChanges } from "../../api/types";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { formatDay } from "../../ui/format";
import { ProblemNotice } from "../../ui/problem_notice";
import { Segmented } from "../../ui/segmented";
import { Avatar } from "./avatar";
import { useChangeUser, useEraseUser } from "./use_change_user";

const roles = [
  { value: "member", label: "Member" },
  { value: "admin", label: "Admin" },
] as const;

export function UserRow({ user, own }: { user: User; own: boolean }) {
  const [asked, setAsked] = useState<UserChanges | null>(null);
  const [erase, setErase] = useState(false);
  const changing = useChangeUser(user);
  const erasing = useEraseUser(user);
  const disabled = user.disabled_at !== null;

  const change = (changes: UserChanges): void =>
    changing.mutate(changes, { onSettled: () => setAsked(null) });
  // What the person cannot take back, or what somebody else will notice at once, is asked first.
  const choose = (changes: UserChanges): void => {
    if (changes.disabled || (own && changes.role === "member")) setAsked(changes);
    else change(changes);
  };

  return (
    <li className="space-y-3 p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <Avatar
          name={user.username}
          className={`size-10 text-base ${disabled ? "opacity-40 grayscale" : ""}`}
        />
        <div className="min-w-0 flex-1 basis-44 wrap-anywhere">
          <p className="font-medium">
            {user.username}
            {own && <span className="font-normal text-muted"> (you)</span>}
          </p>
          <p className="text-muted">{user.email}</p>
          <p className="text-muted">
            {user.disabled_at ? (
              <span className="text-danger">Disabled {formatDay(user.disabled_at)}</span>
            ) : (
              `Since ${formatDay(user.created_at)}`
            )}
          </p>
        </div>
        {!own && (
          <Button
            look="ghost"
            className="sm:order-last"
            aria-label={`Delete ${user.username}`}
            onClick={() => setErase(true)}
          >
            <Trash2 aria-hidden size={18} />
          </Button>
        )}
        <div className="flex flex-wrap items-center gap-3">
          <Segmented
            legend={`Role of ${user.username}`}
            hideLegend
            options={roles}
            value={user.role}
            onChange={(role) => choose({ role })}
          />
          <Button
            disabled={changing.isPending}
            aria-label={`${disabled ? "Enable" : "Disable"} ${user.username}`}
            onClick={() => choose({ disabled: !disabled })}
            className="min-w-20"
          >
            {disabled ? "Enable" : "Disable"}
          </Button>
        </div>
      </div>
      {changing.error && <ProblemNotice error={changing.error} />}
      {erase && (
        <Confirm
          title={`Delete ${user.username}?`}
          text="The account goes, and with it everything they uploaded or made. There is no way back."
          action="Delete everything"
          doing={erasing}
          onConfirm={() => erasing.mutate()}
          onClose={() => setErase(false)}
        />
      )}
      {asked && (
        <Confirm
          title={asked.disabled ? `Disable ${user.username}?` : "Give up being an administrator?"}
          text={
            asked.disabled
              ? "They are signed out everywhere and cannot come back until they are enabled again. What they made stays."
              : "Only another administrator can make you one again."
          }
          action={asked.disabled ? "Disable" : "Become a member"}
          doing={changing}
          onConfirm={() => change(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </li>
  );
}
