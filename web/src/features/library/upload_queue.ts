import { asApiError, type ApiError } from "../../api/problem";
import type { Asset } from "../../api/types";
import { uploadAsset } from "./upload";

interface Upload {
  key: string;
  file: File;
  onProgress: (share: number) => void;
  onDone: (asset: Asset) => void;
  onFailed: (error: ApiError) => void;
}

const PARALLEL_MAX = 3;

// Sends files a few at a time, in order. A cancelled upload reports nothing more.
export class UploadQueue {
  readonly #sending = new Map<string, AbortController>();
  #waiting: Upload[] = [];

  add(uploads: Upload[]): void {
    this.#waiting.push(...uploads);
    this.#sendNext();
  }

  cancel(key: string): void {
    this.#waiting = this.#waiting.filter((upload) => upload.key !== key);
    this.#sending.get(key)?.abort();
  }

  cancelAll(): void {
    this.#waiting = [];
    for (const abort of this.#sending.values()) abort.abort();
  }

  #sendNext(): void {
    while (this.#sending.size < PARALLEL_MAX) {
      const upload = this.#waiting.shift();
      if (!upload) return;
      void this.#send(upload);
    }
  }

  async #send({ key, file, onProgress, onDone, onFailed }: Upload): Promise<void> {
    const abort = new AbortController();
    this.#sending.set(key, abort);
    try {
      onDone(await uploadAsset(file, { signal: abort.signal, onProgress }));
    } catch (error) {
      if (!abort.signal.aborted) onFailed(asApiError(error));
    } finally {
      this.#sending.delete(key);
      this.#sendNext();
    }
  }
}
