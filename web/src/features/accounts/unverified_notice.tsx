import { useMutation, useQueryClient } from "@tanstack/react-query";
import { MailQuestionMark } from "lucide-react";
import { accepted, api } from "../../api/client";
import { asApiError } from "../../api/problem";
import { Button } from "../../ui/button";
import { ProblemNotice } from "../../ui/problem_notice";
import { useWait } from "../../ui/use_wait";
import { meKey } from "./queries";

// That the mail's link has not been opened yet.
export function UnverifiedNotice() {
  const client = useQueryClient();
  const asking = useMutation({
    mutationFn: () => accepted(api.POST("/api/v1/auth/email/mail")),
    onError: (error) => {
      // Confirmed meanwhile, on another device.
      if (asApiError(error).status === 409) void client.invalidateQueries({ queryKey: meKey });
    },
  });
  const wait_s = useWait(asking.error && asApiError(asking.error));
  return (
    <div className="space-y-3 rounded-inner bg-raised p-3">
      <p className="flex items-center gap-2">
        <MailQuestionMark aria-hidden size={18} strokeWidth={1.75} className="shrink-0" />
        Your address is not confirmed yet
      </p>
      <p role="status" className="text-muted empty:hidden">
        {asking.isSuccess && "A mail is on its way. Open its link to confirm the address."}
      </p>
      {asking.error && <ProblemNotice error={asking.error} />}
      {!asking.isSuccess && (
        <Button
          className="tabular-nums"
          disabled={asking.isPending || wait_s > 0}
          onClick={() => asking.mutate()}
        >
          {wait_s > 0 ? `Try again in ${wait_s} s` : "Send the mail again"}
        </Button>
      )}
    </div>
  );
}
