// What the reset page tells the sign-in page, in the history and not in the address: a link cannot
// claim it.

export const passwordSet = "password_set";

export const isPasswordSet = (state: unknown): boolean => state === passwordSet;
