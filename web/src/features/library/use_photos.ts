import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useState } from "react";
import type { ApiError } from "../../api/problem";
import type { Asset } from "../../api/types";
import { rememberAsset } from "./queries";
import { UploadQueue } from "./upload_queue";

// A photo on the table: being sent, or already an asset of the library.
export interface Photo {
  key: string;
  name: string;
  preview_url: string;
  progress: number;
  asset: Asset | null;
  error: ApiError | null;
}

type Action =
  | { do: "add"; photos: Photo[] }
  | { do: "change"; key: string; facts: Partial<Photo> }
  | { do: "remove"; keys: string[] };

function reduce(photos: Photo[], action: Action): Photo[] {
  switch (action.do) {
    case "add":
      return [
        ...photos,
        ...action.photos.filter(({ key }) => photos.every((photo) => photo.key !== key)),
      ];
    case "change":
      return photos.map((photo) =>
        photo.key === action.key ? { ...photo, ...action.facts } : photo,
      );
    case "remove":
      return photos.filter(({ key }) => !action.keys.includes(key));
  }
}

let lastKey = 0;

export type PhotosOnTable = ReturnType<typeof usePhotos>;

export function usePhotos() {
  const client = useQueryClient();
  const [photos, dispatch] = useReducer(reduce, []);
  const [queue] = useState(() => new UploadQueue());
  useEffect(() => () => queue.cancelAll(), [queue]);

  const addFiles = useCallback(
    (files: File[]) => {
      const added = files.map((file) => ({ file, key: `file-${++lastKey}` }));
      const photosOfFiles = added.map(({ file, key }) => ({
        key,
        name: file.name,
        preview_url: URL.createObjectURL(file),
        progress: 0,
        asset: null,
        error: null,
      }));
      dispatch({ do: "add", photos: photosOfFiles });
      queue.add(
        added.map(({ file, key }) => {
          const change = (facts: Partial<Photo>): void => dispatch({ do: "change", key, facts });
          return {
            key,
            file,
            onProgress: (progress) => change({ progress }),
            onFailed: (error) => change({ error }),
            onDone: (asset) => {
              rememberAsset(client, asset);
              change({ asset });
            },
          };
        }),
      );
    },
    [client, queue],
  );

  const addAsset = useCallback((asset: Asset) => {
    const photo = {
      key: asset.id,
      name: asset.name,
      preview_url: asset.url,
      progress: 1,
      asset,
      error: null,
    };
    dispatch({ do: "add", photos: [photo] });
  }, []);

  const remove = useCallback(
    (gone: Photo[]) => {
      for (const { key, preview_url } of gone) {
        queue.cancel(key);
        URL.revokeObjectURL(preview_url);
      }
      dispatch({ do: "remove", keys: gone.map(({ key }) => key) });
    },
    [queue],
  );

  return { photos, addFiles, addAsset, remove };
}
