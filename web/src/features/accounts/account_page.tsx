import { useCallback, useState } from "react";
import type { User } from "../../api/types";
import { ProblemNotice } from "../../ui/problem_notice";
import { type Message, Toast } from "../../ui/toast";
import { ActivitySection } from "./activity_section";
import { ApiKeysSection } from "./api_keys_section";
import { LocalNote } from "./local_note";
import { PasswordSection } from "./password_section";
import { PersonalDataSection } from "./personal_data_section";
import { Profile } from "./profile";
import { useMe } from "./queries";
import { SessionsSection } from "./sessions_section";

export function AccountPage() {
  const me = useMe();
  return (
    <div className="mx-auto max-w-360">
      <title>Account · Zoetrope</title>
      <h1 className="flex min-h-14 items-center text-lg">Account</h1>
      {me.error && !me.data && <ProblemNotice error={me.error} onRetry={() => void me.refetch()} />}
      {me.isPending && <div className="skeleton h-160 rounded-card" />}
      {me.data && (me.data.email === null ? <NoAccount /> : <Rooms me={me.data} />)}
    </div>
  );
}

function NoAccount() {
  return (
    <section
      aria-labelledby="no-account"
      className="max-w-2xl space-y-4 rounded-card border border-line bg-surface p-4"
    >
      <h2 id="no-account" className="text-lg">
        This server serves only this machine
      </h2>
      <LocalNote />
    </section>
  );
}

function Rooms({ me }: { me: User }) {
  const [message, setMessage] = useState<Message | null>(null);
  const dismiss = useCallback(() => setMessage(null), []);
  const say = useCallback((text: string) => setMessage({ text }), []);
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[22.5rem_minmax(0,1fr)]">
      <div className="space-y-6">
        <Profile me={me} />
        <PasswordSection username={me.username} />
        <PersonalDataSection username={me.username} />
      </div>
      <div className="min-w-0 space-y-6">
        <SessionsSection onDone={say} />
        <ApiKeysSection role={me.role} onDone={say} />
        <ActivitySection whose="own" />
      </div>
      <Toast message={message} onActed={dismiss} onClose={dismiss} />
    </div>
  );
}
