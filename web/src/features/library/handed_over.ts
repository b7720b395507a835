// Files dropped on a room that makes nothing of them, on their way to Create.
let waiting: File[] = [];

export function handOver(files: File[]): void {
  waiting = files;
}

export function takeHandedOver(): File[] {
  const taken = waiting;
  waiting = [];
  return taken;
}
