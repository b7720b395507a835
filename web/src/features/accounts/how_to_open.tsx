const code = "rounded-inner bg-raised px-1.5 py-0.5 text-ink";

// How a browser gets into a server without accounts.
export function HowToOpen() {
  return (
    <div className="space-y-3 text-muted">
      <p>
        This server has no accounts, so it serves only the person who runs it. Open the whole link
        that <code className={code}>zoetrope serve</code> printed when it started; this browser is
        let in from then on.
      </p>
      <p>
        <code className={code}>zoetrope link</code> prints the link again, on the server’s machine.
      </p>
    </div>
  );
}
