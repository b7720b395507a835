import { Loaded } from "../../ui/loaded";
import { formatAgo, formatMoment } from "../../ui/format";
import { Section } from "../../ui/section";
import { ShowMore } from "../../ui/show_more";
import { deviceOf } from "./device";
import { useActivity } from "./queries";
import { actionWords, isAlarming } from "./words";

const texts = {
  own: "What happened to your account, and from where.",
  all: "What happened to all accounts, and from where.",
};

export function ActivitySection({ whose }: { whose: "own" | "all" }) {
  const activity = useActivity(whose);
  return (
    <Section title="Recent activity" text={texts[whose]}>
      <Loaded query={activity} rows={4}>
        {(entries) =>
          entries.length === 0 ? (
            <p className="border-t border-line p-4 text-muted">Nothing has happened yet.</p>
          ) : (
            <ol aria-label="Recent activity" className="divide-y divide-line border-t border-line">
              {entries.map((entry) => (
                <li
                  key={entry.id}
                  className="items-baseline justify-between gap-x-4 px-4 py-3 wrap-anywhere sm:flex"
                >
                  <p className={`font-medium ${isAlarming(entry) ? "text-danger" : ""}`}>
                    {whose === "all" && `${entry.username}: `}
                    {actionWords(entry)}
                  </p>
                  <p className="text-muted sm:text-right">
                    {entry.address && `${deviceOf(entry.agent).words} · ${entry.address} · `}
                    <time dateTime={entry.created_at} title={formatMoment(entry.created_at)}>
                      {formatAgo(entry.created_at)}
                    </time>
                  </p>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      <div className="pb-4 empty:hidden">
        <ShowMore list={activity} />
      </div>
    </Section>
  );
}
