/** What a cell of the timeline means, in a sentence: its title, and what is read out. */
import { day } from "../../parts/format";
import type { Cell, Column } from "../../state/timeline";

export function meaning(column: Column, cell: Cell, model: string): string {
  const what = `v${column.version.number} “${column.version.message}”`;
  const until = cell.change?.until == null ? "" : ` until ${day(cell.change.until)}`;
  switch (cell.state) {
    case "matched":
      return `${what} is answered by ${model} v${cell.with ?? "?"}`;
    case "waived":
      return `${what} is waived for ${model}${until}: ${cell.change?.reason ?? ""}`;
    case "unmatched":
      return cell.change?.expired === true
        ? `The waiver of ${what} for ${model} ended: it was waived${until}, and is behind again`
        : `${what} never reached ${model}`;
    case "none":
      return `${what} needs nothing on ${model}`;
    case "before":
      return `${model} began after ${what}`;
  }
}
