import { ShieldAlert, Users } from "lucide-react";
import { Link } from "react-router";
import { buttonClass } from "../../ui/button";
import { Empty } from "../../ui/empty";
import { Loaded } from "../../ui/loaded";
import { ProblemNotice } from "../../ui/problem_notice";
import { ShowMore } from "../../ui/show_more";
import { ActivitySection } from "./activity_section";
import { useMe, useUsers } from "./queries";
import { UserRow } from "./user_row";

export function UsersPage() {
  const me = useMe();
  return (
    <div className="mx-auto max-w-240">
      <title>Users · Zoetrope</title>
      <h1 className="flex min-h-14 items-center text-lg">Users</h1>
      {me.error && !me.data && <ProblemNotice error={me.error} onRetry={() => void me.refetch()} />}
      {me.isPending && <div className="skeleton h-40 rounded-card" />}
      {me.data && (me.data.role === "admin" ? <UserList me={me.data.id} /> : <NotForYou />)}
    </div>
  );
}

function NotForYou() {
  return (
    <Empty
      icon={ShieldAlert}
      title="For administrators"
      text="Only administrators see who has an account here."
    >
      <Link to="/account" className={buttonClass("primary")}>
        Go to your account
      </Link>
    </Empty>
  );
}

function UserList({ me }: { me: number }) {
  const users = useUsers();
  return (
    <>
      <div className="rounded-card border border-line bg-surface">
        <Loaded query={users} rows={3}>
          {(list) =>
            list.length === 0 ? (
              <Empty
                icon={Users}
                title="No accounts yet"
                text="Until there is one, this server serves only the machine it runs on."
              />
            ) : (
              <ul aria-label="Users" className="divide-y divide-line">
                {list.map((user) => (
                  <UserRow key={user.id} user={user} own={user.id === me} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
      <ShowMore list={users} />
      <div className="mt-6">
        <ActivitySection whose="all" />
      </div>
    </>
  );
}
