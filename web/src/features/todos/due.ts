// Between the API's instants and the days people think in. A day is due until it ends, where the
// person is.

export const DAY_MAX = "9999-12-31"; // longer years are not RFC 3339

export function dayOf(instant: string | null | undefined): string {
  if (!instant) return "";
  const date = new Date(instant);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, "0")).join("-");
}

export function startOfDay(day: string): string | undefined {
  return day ? wire(midnight(day)) : undefined;
}

export function endOfDay(day: string): string | null {
  return day ? wire(new Date(`${day}T23:59:59`)) : null;
}

function midnight(day: string): Date {
  return new Date(`${day}T00:00:00`);
}

function wire(date: Date): string {
  return date.toISOString().replace(".000Z", "Z");
}

const DAY_MS = 86_400_000;

// "Today", "Tomorrow", "Dec 24" or "Dec 24, 2031"; a time of day unless it is the day's end.
export function dueWords(instant: string): string {
  const date = new Date(instant);
  const today = dayOf(new Date().toISOString());
  const ms = midnight(dayOf(instant)).getTime() - midnight(today).getTime();
  const days = Math.round(ms / DAY_MS); // not all days have 24 hours
  const near = { "-1": "Yesterday", "0": "Today", "1": "Tomorrow" }[String(days)];
  const sameYear = date.getFullYear() === new Date().getFullYear();
  const format: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  if (!sameYear) format.year = "numeric";
  const day = near ?? date.toLocaleDateString("en", format);
  const atEnd = date.getHours() === 23 && date.getMinutes() === 59;
  return atEnd ? day : `${day}, ${date.toLocaleTimeString("en", { timeStyle: "short" })}`;
}

export function isOverdue(instant: string): boolean {
  return Date.parse(instant) < Date.now();
}
