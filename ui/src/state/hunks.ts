/** The changed rows of a comparison with a little of what stands around them. Pure. */
import type { Row } from "../ipc";

/** Rows to show; `null` stands for rows left out between two of them. */
export function hunks(rows: Row[], context: number): (Row | null)[] {
  const near = rows.map((_, at) =>
    rows.slice(Math.max(0, at - context), at + context + 1).some((row) => row.changed),
  );
  const shown: (Row | null)[] = [];
  rows.forEach((row, at) => {
    if (near[at] === true) shown.push(row);
    else if (shown.length > 0 && shown.at(-1) !== null) shown.push(null);
  });
  if (shown.at(-1) === null) shown.pop();
  return shown;
}
