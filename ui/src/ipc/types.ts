/** The documents that cross from Rust. Written by Rust; this file only says where. */
export type * from "./bindings";
