/** The four shapes in which things stand: red ◆, amber ▲, green ✓, or a dash. */
export type Shape = "error" | "warning" | "good" | "apart";
