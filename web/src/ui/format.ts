const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const style: Intl.NumberFormatOptions = {
    style: "unit",
    unit: UNITS[power],
    maximumSignificantDigits: 2,
  };
  return new Intl.NumberFormat("en", style).format(bytes / 1000 ** power);
}

export function formatPercent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

export function formatSeconds(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

const STEPS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function formatAgo(instant: string): string {
  const seconds = (Date.now() - Date.parse(instant)) / 1000;
  const step = STEPS.find(([, size]) => seconds >= size);
  return step ? relative.format(-Math.floor(seconds / step[1]), step[0]) : "just now";
}

export function formatMoment(instant: string): string {
  return new Date(instant).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}

export function formatDay(instant: string): string {
  return new Date(instant).toLocaleString("en", { dateStyle: "medium" });
}

export function isPast(instant: string): boolean {
  return Date.parse(instant) <= Date.now();
}
