// A reader of text/event-stream over fetch. EventSource is not used because it hides heartbeats (so
// a dead proxy connection looks alive) and cannot hand its Last-Event-ID to the next tab that takes
// over.

import { fetchSignedIn } from "../../api/session";

export interface ServerMessage {
  id: string | null;
  data: string;
}

const SILENCE_MS_MAX = 40_000; // two missed heartbeats of 15 s, with room

// Yields the messages of one connection; throws when it cannot be opened, ends or falls silent.
// `onOpen` marks success.
export async function* readEventStream(
  url: string,
  lastId: string | null,
  signal: AbortSignal,
  onOpen: () => void,
): AsyncGenerator<ServerMessage, never> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
  try {
    const response = await fetchSignedIn(
      new Request(url, {
        headers: { Accept: "text/event-stream", ...(lastId && { "Last-Event-ID": lastId }) },
        cache: "no-store",
        signal: AbortSignal.any([signal, silence.signal]),
      }),
    );
    if (!response.ok || !response.body) throw new Error(`events answered ${response.status}`);
    onOpen();

    let buffer = "";
    for await (const text of chunks(response.body.pipeThrough(new TextDecoderStream()))) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
      const blocks = (buffer + text.replaceAll("\r\n", "\n")).split("\n\n");
      buffer = blocks.pop() ?? "";
      for (const block of blocks) {
        const message = parseBlock(block);
        if (message) yield message;
      }
    }
    throw new Error("events ended");
  } finally {
    clearTimeout(timer);
  }
}

// ReadableStream is not async iterable in every browser yet.
async function* chunks(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parseBlock(block: string): ServerMessage | null {
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^(\w+):? ?(.*)$/.exec(line) ?? [];
    if (field === "id") id = value;
    if (field === "data") data.push(value);
  }
  return data.length > 0 ? { id, data: data.join("\n") } : null;
}
