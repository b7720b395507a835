import type { ReactNode } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { ProblemNotice } from "./problem_notice";

interface Props {
  title: string;
  text: string;
  action: string;
  cancel?: string;
  doing: { isPending: boolean; error: unknown };
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode; // a choice that goes with it
}

// Asked before what cannot be taken back.
export function Confirm(props: Props) {
  const { title, text, action, cancel = "Cancel", doing, onConfirm, onClose, children } = props;
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="space-y-4">
        <p className="text-muted wrap-anywhere">{text}</p>
        {children}
        {doing.error != null && <ProblemNotice error={doing.error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button look="ghost" onClick={onClose}>
            {cancel}
          </Button>
          <Button look="primary" disabled={doing.isPending} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
