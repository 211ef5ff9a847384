/** A JSON Schema's properties as rows to read. Shows what is commonly there; the schema itself stays beside it. Pure. */
import type { JsonValue } from "../ipc";

export interface Property {
  name: string;
  type: string;
  required: boolean;
  note: string;
}

export function properties(schema: JsonValue): Property[] {
  if (schema === null || typeof schema !== "object" || Array.isArray(schema)) return [];
  const { properties: given, required } = schema;
  if (given === null || typeof given !== "object" || Array.isArray(given)) return [];
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(given).map(([name, rule]) => ({
    name,
    type: typeOf(rule),
    required: needed.includes(name),
    note: noteOf(rule),
  }));
}

function typeOf(rule: JsonValue): string {
  if (rule === null || typeof rule !== "object" || Array.isArray(rule)) return "any";
  const { type } = rule;
  if (Array.isArray(type)) return type.map(String).join(" or ");
  return typeof type === "string" ? type : "any";
}

function noteOf(rule: JsonValue): string {
  if (rule === null || typeof rule !== "object" || Array.isArray(rule)) return "";
  const parts: string[] = [];
  if (Array.isArray(rule["enum"])) parts.push(rule["enum"].map((value) => String(value)).join(", "));
  if (rule["minimum"] !== undefined && rule["maximum"] !== undefined)
    parts.push(`${String(rule["minimum"])} to ${String(rule["maximum"])}`);
  if (typeof rule["description"] === "string") parts.push(rule["description"]);
  return parts.join("; ");
}
