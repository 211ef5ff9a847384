/** The shape of a finding's level. An accepted finding comes as a warning already. */
import type { Level } from "../../ipc";
import type { Shape } from "../../parts/shape";

export function shapeOf({ level }: { level: Level }): Shape {
  return level === "off" ? "good" : level;
}
