import { Dialog } from "../../ui/dialog";

const KEYS: [keys: string[], what: string][] = [
  [["n"], "Add a todo"],
  [["/"], "Search"],
  [["j", "↓"], "Next todo"],
  [["k", "↑"], "Previous todo"],
  [["x"], "Select it, or not"],
  [["Enter"], "Edit it"],
  [["Space", "c"], "Complete or reopen it, or all selected"],
  [["Delete"], "Delete it, or all selected"],
  [["u"], "Undo, or what else the message offers"],
  [["Escape"], "Leave the field, clear the selection"],
  [["?"], "These keys"],
];

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-2">
        {KEYS.map(([keys, what]) => (
          <div key={what} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-7 rounded-inner border border-line bg-raised px-2 py-0.5 text-center font-sans text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
