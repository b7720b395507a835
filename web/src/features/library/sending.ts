// Uploads under way, in any room: who leaves loses them.
let under_way = 0;

export const isSending = (): boolean => under_way > 0;

export async function countedAsSending<T>(sent: Promise<T>): Promise<T> {
  ++under_way;
  try {
    return await sent;
  } finally {
    --under_way;
  }
}
