/** Counting what a draft changes. Pure. */

/** How many lines differ between two texts, outside their common beginning and end. */
export function changedLines(before: string, after: string): number {
  if (before === after) return 0;
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  )
    end++;
  return Math.max(a.length, b.length) - start - end;
}

/** A rough count of tokens, the same rule as the workspace's: characters divided by four, rounded up. */
export function estimatedTokens(text: string): number {
  return Math.ceil([...text].length / 4);
}
