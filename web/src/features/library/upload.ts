import { fromProblem, unreachable } from "../../api/problem";
import { renewSession } from "../../api/session";
import type { Asset } from "../../api/types";

interface Options {
  signal: AbortSignal;
  onProgress: (share: number) => void; // 0..1 of the bytes sent
}

export async function uploadAsset(file: File, options: Options): Promise<Asset> {
  let { status, response, headers } = await send(file, options);
  if (status === 401 && (await renewSession()))
    ({ status, response, headers } = await send(file, options));
  if (status !== 201) throw fromProblem(response, status, headers);
  return response as Asset;
}

interface Answer {
  status: number;
  response: unknown;
  headers: { get: (name: string) => string | null };
}

// XMLHttpRequest, because fetch cannot tell how much of a body has been sent.
function send(file: File, { signal, onProgress }: Options): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/assets");
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

    const body = new FormData();
    body.append("file", file);
    request.send(body);
  });
}
