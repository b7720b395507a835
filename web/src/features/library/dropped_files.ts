// What a drop carries: files, and the files in folders, however deep.

const PICTURES = /\.(jpe?g|png|webp|bmp|tiff?)$/i;

// A folder also has other things in it; what was chosen by itself is taken at its word.
export function picturesOf(files: File[]): File[] {
  return files.filter(
    ({ name, type, webkitRelativePath }) =>
      webkitRelativePath === "" || type.startsWith("image/") || PICTURES.test(name),
  );
}

// To be called while the event is handled; the folders are read after that.
export function filesOf(carried: DataTransfer): File[] | Promise<File[]> {
  const entries = [...carried.items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return [...carried.files];
  return Promise.all(entries.map((entry) => (entry ? filesIn(entry) : []))).then((found) =>
    found.flat(),
  );
}

async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return file.type.startsWith("image/") || PICTURES.test(file.name) ? [file] : [];
  }
  const found: File[] = [];
  for (const below of await entriesIn(entry as FileSystemDirectoryEntry))
    found.push(...(await filesIn(below)));
  return found;
}

// A reader answers a hundred at a time, and none at the end.
async function entriesIn(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all.toSorted((a, b) => a.name.localeCompare(b.name));
    all.push(...some);
  }
}
