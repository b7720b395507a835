import type { Capacity, CapacityLimit } from "../../api/types";
import { formatPercent, formatSeconds } from "../../ui/format";
import { Loaded } from "../../ui/loaded";
import { Section } from "../../ui/section";
import { words } from "../generation/fields";
import { useCapacity } from "./queries";

// How much fits, and what to change for more.
export function CapacitySection() {
  const capacity = useCapacity();
  return (
    <Section title="Capacity" text="How much fits, by what was made lately.">
      <Loaded query={capacity} rows={2}>
        {(report) => (
          <div className="space-y-4 border-t border-line p-4">
            <Figures report={report} />
            {report.bottleneck ? (
              <>
                <div className="space-y-2">
                  <p className="text-muted">When as much is made as fits:</p>
                  <Limits limits={report.limits} />
                </div>
                <p>
                  <span className="font-medium">For more: </span>
                  {report.bottleneck.advice}
                </p>
              </>
            ) : (
              <p className="text-muted">
                Nothing was made yet. With the first results it is known how long they take, and
                what limits how many there can be.
              </p>
            )}
          </div>
        )}
      </Loaded>
    </Section>
  );
}

const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

function Figures({ report }: { report: Capacity }) {
  const { average_job_duration, theoretical_throughput, max_concurrent_jobs, max_rps } = report;
  const figures: [string, string][] = [["At a time", plain.format(max_concurrent_jobs)]];
  if (average_job_duration !== null)
    figures.unshift(["Takes on average", formatSeconds(average_job_duration * 1000)]);
  if (theoretical_throughput !== null)
    figures.unshift(["At most", `${plain.format(theoretical_throughput * 3600)}/hour`]);
  if (max_rps !== null) figures.push(["Requests", `${plain.format(Math.floor(max_rps))}/s`]);
  return (
    <dl className="grid grid-cols-2 gap-4 sm:grid-cols-4">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt className="text-muted">{name}</dt>
          <dd className="text-lg tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// How full each is when the narrowest is: that one limits first.
function Limits({ limits }: { limits: CapacityLimit[] }) {
  const most = limits[0]?.throughput ?? 0;
  return (
    <ul aria-label="Limits" className="space-y-2">
      {limits.map(({ name, at_a_time, throughput }) => {
        const full = most / throughput;
        return (
          <li key={name} className="grid grid-cols-[1fr_auto] gap-x-4 tabular-nums">
            <span>
              {words(name)}{" "}
              <span className="text-muted">· {plain.format(at_a_time)} at a time</span>
            </span>
            <span className="text-muted">{formatPercent(full)} full</span>
            <span aria-hidden className="col-span-2 mt-1 h-1.5 rounded-full bg-line">
              <span
                className={`block h-full rounded-full ${full === 1 ? "bg-accent" : "bg-muted"}`}
                style={{ width: `${Math.max(full * 100, 1)}%` }}
              />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
