// The one SSE connection of this browser. Every tab asks for the same lock; the tab that holds it
// connects and tells the others over a BroadcastChannel. When it closes, the next tab takes over
// from the last event it heard of.
//
//   waiting for the lock -> connecting -> live -> offline -> (backoff) connecting -> ...

import { randomKey } from "../../api/client";
import { readEventStream } from "./event_stream";

export type Connection = "connecting" | "live" | "offline";

export interface LiveEvent {
  type: string;
  subject: string;
  data: Record<string, unknown>;
}

interface Listener {
  onEvent: (event: LiveEvent) => void;
  onConnection: (connection: Connection) => void;
}

type Message =
  | { kind: "event"; event: LiveEvent; id: string | null }
  | { kind: "connection"; connection: Connection }
  | { kind: "hello" }; // a new tab asks how things stand

const NAME = "zoetrope.events";
const URL_OF_EVENTS = "/api/v1/events?topics=generations,assets,pipelines";
const RESYNC: LiveEvent = { type: "resync", subject: "", data: {} };
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 15_000;

export function startLive(listener: Listener): () => void {
  const stop = new AbortController();
  const locks = navigator.locks as LockManager | undefined;
  // Plain http (not on loopback) has no locks: there every tab connects for itself and talks to
  // nobody.
  const channel = new BroadcastChannel(locks ? NAME : randomKey());
  let leading = false;
  let connection: Connection = "connecting";
  let lastId: string | null = null;

  const take = (message: Message): void => {
    if (message.kind === "hello") {
      if (leading) channel.postMessage({ kind: "connection", connection } satisfies Message);
    } else if (message.kind === "connection") {
      connection = message.connection;
      listener.onConnection(connection);
    } else {
      lastId = message.id ?? lastId;
      listener.onEvent(message.event);
    }
  };
  const tellAll = (message: Message): void => {
    if (stop.signal.aborted) return;
    take(message);
    channel.postMessage(message);
  };

  const lead = async (): Promise<void> => {
    leading = true;
    let failures = 0;
    const onOpen = (): void => {
      failures = 0;
      tellAll({ kind: "connection", connection: "live" });
      // Without an id to resume from, whatever happened before now was missed.
      if (lastId === null) tellAll({ kind: "event", event: RESYNC, id: null });
    };
    while (!stop.signal.aborted) {
      try {
        for await (const { id, data } of readEventStream(
          URL_OF_EVENTS,
          lastId,
          stop.signal,
          onOpen,
        )) {
          tellAll({ kind: "event", event: JSON.parse(data) as LiveEvent, id });
        }
      } catch {
        tellAll({ kind: "connection", connection: "offline" });
        await pause(Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** failures++), stop.signal);
      }
    }
  };

  channel.addEventListener("message", ({ data }: MessageEvent<Message>) => take(data));
  channel.postMessage({ kind: "hello" } satisfies Message);
  if (locks) locks.request(NAME, { signal: stop.signal }, lead).catch(() => undefined);
  else void lead();
  return () => {
    stop.abort();
    channel.close();
  };
}

// Waits with jitter; the machine coming back online cuts it short.
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms * (0.75 + Math.random() / 2));
    function done(): void {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    }
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
