import { useMutation } from "@tanstack/react-query";
import { LogOut, Users } from "lucide-react";
import { Link } from "react-router";
import type { User } from "../../api/types";
import { Button, buttonClass } from "../../ui/button";
import { formatDay } from "../../ui/format";
import { ProblemNotice } from "../../ui/problem_notice";
import { Avatar } from "./avatar";
import { signOut } from "./identity";
import { UnverifiedNotice } from "./unverified_notice";
import { roleWords } from "./words";

export function Profile({ me }: { me: User }) {
  const leaving = useMutation({ mutationFn: signOut });
  return (
    <section
      aria-label="You"
      className="space-y-4 rounded-card border border-line bg-surface p-4 wrap-anywhere"
    >
      <div className="flex items-center gap-4">
        <Avatar name={me.username} className="size-14 text-lg" />
        <div className="min-w-0">
          <p className="text-lg font-semibold">{me.username}</p>
          <p className="text-muted">{me.email}</p>
        </div>
      </div>
      <p className="text-muted">
        {roleWords[me.role]}, here since {formatDay(me.created_at)}
      </p>
      {me.email !== null && me.email_verified_at === null && <UnverifiedNotice />}
      {leaving.error && <ProblemNotice error={leaving.error} />}
      <div className="flex flex-wrap gap-2">
        <Button disabled={leaving.isPending} onClick={() => leaving.mutate()}>
          <LogOut aria-hidden size={16} />
          Sign out
        </Button>
        {me.role === "admin" && (
          <Link to="/users" className={buttonClass("plain", "md:hidden")}>
            <Users aria-hidden size={16} />
            Users
          </Link>
        )}
      </div>
    </section>
  );
}
