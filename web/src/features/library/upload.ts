import { fromProblem, unreachable } from "../../api/problem";
import type { Asset } from "../../api/types";

interface Options {
  signal: AbortSignal;
  onProgress: (share: number) => void; // 0..1 of the bytes sent
}

// XMLHttpRequest, because fetch cannot tell how much of a body has been sent.
export function uploadAsset(file: File, { signal, onProgress }: Options): Promise<Asset> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/assets");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) =>
      onProgress(total ? loaded / total : 0),
    );
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(signal.reason as Error));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response as Asset);
      else
        reject(
          fromProblem(request.response, request.status, request.getResponseHeader("X-Request-Id")),
        );
    });
    signal.addEventListener("abort", () => request.abort(), { once: true });

    const body = new FormData();
    body.append("file", file);
    request.send(body);
  });
}
