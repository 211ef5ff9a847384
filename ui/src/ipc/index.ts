export { CallError, Client, type Transport } from "./client";
export type * from "./types";
