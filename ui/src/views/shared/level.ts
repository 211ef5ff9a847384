/** The shape of a finding's level. An accepted finding comes as a warning already. */
import type { Finding } from "../../ipc";
import type { Shape } from "../../parts/shape";

export function shapeOf({ level }: Pick<Finding, "level">): Shape {
  return level;
}
