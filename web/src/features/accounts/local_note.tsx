// What a server without accounts does, and how it gets the first.
export function LocalNote() {
  return (
    <div className="space-y-3 text-muted">
      <p>
        This server has no accounts, so it serves only you, on the machine it runs on. Everything
        works without signing in.
      </p>
      <p>
        The first account is made through the link that{" "}
        <code className="rounded-inner bg-raised px-1.5 py-0.5 text-ink">zoetrope serve</code>{" "}
        printed when it started. It is the administrator’s, and what was made here until then
        becomes theirs.
      </p>
    </div>
  );
}
