// A list that is on its way.
export function SkeletonRows({ rows }: { rows: number }) {
  return (
    <div aria-busy className="divide-y divide-line">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex h-13 items-center gap-4 px-4">
          <div className="skeleton size-5 rounded-full" />
          <div className="skeleton h-4 w-3/5 rounded-inner" />
        </div>
      ))}
    </div>
  );
}
