export const railCell =
  "flex min-h-14 min-w-12 flex-col items-center justify-center gap-1 rounded-card px-0.5 text-xs md:min-w-16 md:px-1 text-muted transition " +
  "hover:bg-raised hover:text-ink";
