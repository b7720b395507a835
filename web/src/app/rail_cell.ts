export const railCell =
  "flex min-h-14 min-w-14 flex-col items-center justify-center gap-1 rounded-card px-1 text-xs md:min-w-16 text-muted transition " +
  "hover:bg-raised hover:text-ink";
