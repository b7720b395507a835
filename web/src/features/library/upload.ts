import { fromProblem, unreachable } from "../../api/problem";
import { renewSession } from "../../api/session";
import type { Asset } from "../../api/types";
import { countedAsSending } from "./sending";

interface Options {
  signal: AbortSignal;
  onProgress: (share: number) => void; // 0..1 of the bytes sent
  key?: string; // so that what is sent again happens once
}

export function uploadAsset(file: File, options: Options): Promise<Asset> {
  const form = new FormData();
  form.append("file", file);
  return sendForm("/api/v1/assets", form, 201, options);
}

// Answers what the server said with the `expected` status; throws an ApiError for any other.
export function sendForm<T>(
  address: string,
  form: FormData,
  expected: number,
  options: Options,
): Promise<T> {
  return countedAsSending(sendAndRead<T>(address, form, expected, options));
}

async function sendAndRead<T>(
  address: string,
  form: FormData,
  expected: number,
  options: Options,
): Promise<T> {
  let { status, response, headers } = await send(address, form, options);
  if (status === 401 && (await renewSession()))
    ({ status, response, headers } = await send(address, form, options));
  if (status !== expected) throw fromProblem(response, status, headers);
  return response as T;
}

interface Answer {
  status: number;
  response: unknown;
  headers: { get: (name: string) => string | null };
}

// XMLHttpRequest, because fetch cannot tell how much of a body has been sent.
function send(address: string, form: FormData, options: Options): Promise<Answer> {
  const { signal, onProgress, key } = options;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open("POST", address);
    if (key !== undefined) request.setRequestHeader("Idempotency-Key", key);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) =>
      onProgress(total ? loaded / total : 0),
    );
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(signal.reason as Error));
    request.addEventListener("load", () => {
      const headers = { get: (name: string) => request.getResponseHeader(name) };
      resolve({ status: request.status, response: request.response as unknown, headers });
    });
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
