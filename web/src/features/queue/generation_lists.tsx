import { CircleCheckBig, Coffee, PartyPopper } from "lucide-react";
import { Link } from "react-router";
import { buttonClass } from "../../ui/button";
import { Empty } from "../../ui/empty";
import { Loaded } from "../../ui/loaded";
import { ShowMore } from "../../ui/show_more";
import { LIST_LOOKS_AGAIN_MS, useGenerationIds } from "../generation/queries";
import { QueueRow } from "./queue_row";

// What runs, then what waits, the next first.
export function OpenList() {
  const running = useGenerationIds("running", "oldest");
  const queued = useGenerationIds("queued", "oldest", LIST_LOOKS_AGAIN_MS);
  return (
    <Loaded query={running} rows={2}>
      {(now) => (
        <Loaded query={queued} rows={2}>
          {(next) =>
            now.length + next.length === 0 ? (
              <Idle />
            ) : (
              <div className="divide-y divide-line">
                <Rows label="Running" ids={now} />
                <Rows label="Waiting" ids={next} />
                <ShowMore list={queued} />
              </div>
            )
          }
        </Loaded>
      )}
    </Loaded>
  );
}

function Rows({ label, ids }: { label: string; ids: string[] }) {
  if (ids.length === 0) return null;
  return (
    <ul aria-label={label} className="divide-y divide-line">
      {ids.map((id) => (
        <QueueRow key={id} id={id} />
      ))}
    </ul>
  );
}

function Idle() {
  return (
    <Empty
      icon={Coffee}
      title="Nothing is being made"
      text="What you start in Create runs here, or waits for its turn."
    >
      <Link to="/" className={buttonClass("primary")}>
        Go to Create
      </Link>
    </Empty>
  );
}

const ended = {
  succeeded: {
    label: "Done",
    icon: CircleCheckBig,
    title: "Nothing is done yet",
    text: "Results are listed here as they come.",
  },
  failed: {
    label: "Failed",
    icon: PartyPopper,
    title: "Nothing failed",
    text: "What cannot be made is listed here, with the reason.",
  },
};

export function EndedList({ state }: { state: keyof typeof ended }) {
  const list = useGenerationIds(state);
  const { label, ...empty } = ended[state];
  return (
    <>
      <Loaded query={list} rows={4}>
        {(ids) => (ids.length === 0 ? <Empty {...empty} /> : <Rows label={label} ids={ids} />)}
      </Loaded>
      <ShowMore list={list} />
    </>
  );
}
