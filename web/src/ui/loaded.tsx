import type { ReactNode } from "react";
import { ProblemNotice } from "./problem_notice";
import { SkeletonRows } from "./skeleton_rows";

interface Props<T> {
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };
  rows: number; // to expect
  children: (data: T) => ReactNode;
}

// A list on its way, refused or there. A list that could not be refreshed stays.
export function Loaded<T>({ query, rows, children }: Props<T>) {
  return (
    <>
      {query.error != null && (
        <div className="px-4 pb-4">
          <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
        </div>
      )}
      {query.isPending && <SkeletonRows rows={rows} />}
      {query.data !== undefined && children(query.data)}
    </>
  );
}
