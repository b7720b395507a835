// How many uploads are under way, in all rooms. They end with the page, so leaving it loses them.
let underWay = 0;

export const isSending = (): boolean => underWay > 0;

export async function countedAsSending<T>(sent: Promise<T>): Promise<T> {
  ++underWay;
  try {
    return await sent;
  } finally {
    --underWay;
  }
}
