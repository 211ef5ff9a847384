/**
 * The documents that cross from Rust, as `core::workspace::view` declares them.
 *
 * Written by hand until ts-rs writes `bindings.ts`; then this file re-exports that one and nothing else changes.
 * Field names are those of the JSON. What Rust calls `Option` is `null` here, unless Rust leaves it out.
 */

export type PolicyKind = "strict" | "relaxed" | "primary-only";
export type Standing = "error" | "warning" | "good" | "apart";
export type Level = "off" | "warning" | "error";
export type ChipLevel = "error" | "warning";
export type Code =
  | "unmatched-change"
  | "waiver-expired"
  | "fallback-missing"
  | "unknown-variable"
  | "schema-broken"
  | "never-run"
  | "stale-run"
  | "same-as-primary"
  | "max-output-tokens"
  | "primary-only";
export type Role = "user" | "assistant";
export type ChangeState = "matched" | "waived" | "unmatched" | "none";
export type Rating = "primary" | "tie" | "fallback" | "neither";
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export type Edit = "same" | "only" | "coarse";
export type Class =
  | "tag"
  | "string"
  | "number"
  | "key"
  | "keyword"
  | "comment"
  | "variable"
  | "heading"
  | "punctuation";
export interface Piece {
  text: string;
  edit: Edit;
  class?: Class;
}
export interface Side {
  pieces: Piece[];
}
export interface Row {
  left: Side | null;
  right: Side | null;
  label?: string;
  changed: boolean;
}
export interface Comparison {
  rows: Row[];
  ratio: number;
  coarse: boolean;
}
export type JsonForm = "raw" | "fenced" | "wrapped" | "invalid" | "none";
export interface FieldsComparison extends Comparison {
  left_form: JsonForm;
  right_form: JsonForm;
}
export interface Chip {
  level: ChipLevel;
  text: string;
}

export interface Finding {
  code: Code;
  level: Level;
  prompt: string;
  model: string | null;
  version: number | null;
  message: string;
  help: string;
  accepted_until: string | null;
  accepted_by: string | null;
  reason: string | null;
}

export interface Share {
  held: number;
  of: number;
}
export interface Outage {
  prompt: string;
  primary: string;
  fallback: string;
  primary_version: number;
  fallback_version: number;
  measure: string;
  primary_share: Share | null;
  passthrough_share: Share | null;
  fallback_share: Share | null;
  sentence: string;
}
export interface VariantState {
  model: string;
  version: number | null;
  behind: number;
  standing: Standing;
  label: string;
}
export interface OverviewRow {
  prompt: string;
  owner: string;
  policy: PolicyKind;
  standing: Standing;
  badge: string;
  primary: VariantState | null;
  fallbacks: VariantState[];
  cases: number;
  last_output: string | null;
  released: string | null;
}
export interface Overview {
  workspace: string;
  sample: boolean;
  models: string[];
  prompts: OverviewRow[];
  outage: Outage | null;
  next: Finding[];
  errors: number;
  warnings: number;
  last_output: string | null;
}

export interface Change {
  prompt: string;
  version: number;
  message: string;
  author: string;
  at: string;
  model: string;
  state: ChangeState;
  with: number | null;
  reason: string | null;
  until: string | null;
  expired: boolean;
  decision: string | null;
  from: string;
  to: string;
}
export interface VersionEntry {
  number: number;
  content_id: string;
  parent: number | null;
  author: string;
  at: string;
  message: string;
  head: boolean;
  answers: number[];
}
export interface Track {
  model: string;
  role: string;
  versions: VersionEntry[];
  head: number | null;
  behind: number;
}
export interface PromptDetail {
  name: string;
  owner: string;
  policy: PolicyKind;
  policy_reason: string | null;
  policy_until: string | null;
  policy_message: string | null;
  chain: string;
  margin_share: number;
  margin_length: number;
  cases: number;
  tracks: Track[];
  changes: Change[];
}

export interface Turn {
  role: Role;
  text: string;
}
export interface Tool {
  name: string;
  description: string;
  parameters: JsonValue;
}
export interface Params {
  set: Record<string, JsonValue>;
  remove: string[];
}
export interface Content {
  engine: "handlebars" | "none";
  system: string;
  turns: Turn[];
  user: string | null;
  tools: Tool[];
  params: Params;
  max_output_tokens: number | null;
  output_schema: JsonValue;
  provider_options: Record<string, JsonValue>;
  extra: Record<string, JsonValue>;
}
export interface VariantView {
  prompt: string;
  model: string;
  role: string;
  version: VersionEntry;
  content: Content;
  file: string;
  estimated_tokens: number;
  behind: Change[];
}
export interface VariantDiff {
  prompt: string;
  model: string;
  a: number;
  b: number;
  comparison: Comparison;
}
export type DraftText = { kind: "system"; system: string } | { kind: "file"; file: string };
export interface Saved {
  prompt: string;
  model: string;
  version: number;
  content_id: string;
  created: boolean;
  answers: number[];
  findings: Finding[];
  notes: string[];
}
export interface Settled {
  change: Change;
  edit: Comparison | null;
  findings: Finding[];
}
export interface Accepted {
  code: string;
  prompt: string;
  model: string | null;
  until: string;
}

export interface Expectation {
  type: string;
  value?: JsonValue;
}
export interface Case {
  id: string;
  variables: Record<string, JsonValue>;
  turns: Turn[];
  tags: string[];
  expect: Expectation[];
  origin?: string;
  change?: string;
}
export interface ComparisonEntry {
  case: string;
  title: string;
  ratio: number | null;
  chips: Chip[];
  rating: string | null;
  tags: string[];
}
export interface ComparisonList {
  prompt: string;
  primary: string;
  primary_version: number;
  fallback: string;
  fallback_version: number;
  fallbacks: string[];
  comparisons: ComparisonEntry[];
  rated: number;
  identical: number;
  missing: number;
}
export interface OutputView {
  model: string;
  version: number;
  present: boolean;
  text: string;
  tool_calls: JsonValue;
  finish: string | null;
  seconds: number | null;
  output_tokens: number | null;
  at: string | null;
  missing: string | null;
}
export interface Pair extends Comparison {
  prompt: string;
  case: Case;
  primary: OutputView;
  fallback: OutputView;
  passthrough: OutputView;
  chips: Chip[];
  fields: FieldsComparison | null;
  passthrough_fields: FieldsComparison | null;
  rating: string | null;
}
export interface Rated {
  case: string;
  rating: string | null;
}

export interface ParityRow {
  id: string;
  title: string;
  unit: string;
  primary: number | null;
  passthrough: number | null;
  fallback: number | null;
  outputs: [number, number, number];
}
export interface RatingCounts {
  primary: number;
  tie: number;
  fallback: number;
  neither: number;
}
export interface ParityTable {
  prompt: string;
  primary: VariantState;
  fallback: VariantState;
  fallbacks: string[];
  policy: PolicyKind;
  cases: number;
  rows: ParityRow[];
  ratings: RatingCounts;
}

export interface CheckReport {
  findings: Finding[];
  errors: number;
  skipped: string[];
}
export interface KeyEntry {
  name: string;
  keyid: string;
}
export interface ReleaseEntry {
  name: string;
  version: number;
  created_at: string;
  expires_at: string;
  sha256: string;
}
export interface ReleaseView {
  check: CheckReport;
  holds: string[];
  name: string;
  next_version: number;
  keys: KeyEntry[];
  releases: ReleaseEntry[];
}
export interface Exported {
  name: string;
  version: number;
  archive: string;
  envelope: string;
  sha256: string;
  expires_at: string;
  signers: string[];
  waiting_for: string[];
}
export interface Verification {
  accepted: boolean;
  code: string;
  sentence: string;
  name: string | null;
  version: number | null;
  sha256: string | null;
  signers: string[];
  expires_at: string | null;
}

export interface ModelEntry {
  name: string;
  wire: string;
  id: string;
  key_env: string | null;
  key_present: boolean;
  base_url: string | null;
}
export interface ModelList {
  models: ModelEntry[];
}
export interface About {
  workspace: string;
  file: string;
  sample: boolean;
  version: string;
}

export interface Started {
  run: string;
  cells: number;
}
export interface CellEvent {
  case: string;
  model: string;
  repeat: number;
  passthrough: boolean;
  state: "output" | "error";
  kind?: string;
  message?: string;
  /** Cells finished so far, with an output or an error. */
  finished: number;
  /** How many of those ended with an error. */
  failed: number;
  cells: number;
}
export interface Summary {
  run: string;
  cells: number;
  finished: number;
  failed: number;
  seconds: number;
  cost_usd: number | null;
  cancelled: boolean;
}
export type Event =
  | ({ event: "started" } & Started)
  | ({ event: "cell" } & CellEvent)
  | ({ event: "summary" } & Summary);
/** One message of a run's channel: events in order. */
export type RunEvents = Event[];

/** Every command: what it takes (`null`: nothing), what it answers, and what its channel gets meanwhile. */
export interface Commands {
  overview: { args: null; reply: Overview };
  prompt_detail: { args: { prompt: string }; reply: PromptDetail };
  variant: { args: { prompt: string; model: string; version: number | null }; reply: VariantView };
  variant_diff: { args: { prompt: string; model: string; a: number; b: number }; reply: VariantDiff };
  save_version: {
    args: {
      prompt: string;
      model: string;
      parent: number;
      text: DraftText;
      message: string;
      answers: number[];
    };
    reply: Saved;
  };
  restore_version: { args: { prompt: string; model: string; version: number }; reply: Saved };
  match_change: {
    args: { prompt: string; version: number; model: string; with: number | null };
    reply: Settled;
  };
  waive_change: {
    args: { prompt: string; version: number; model: string; reason: string; until: string | null };
    reply: Settled;
  };
  accept_finding: {
    args: { code: string; prompt: string; model: string | null; reason: string; until: string | null };
    reply: Accepted;
  };
  comparisons: { args: { prompt: string; fallback: string }; reply: ComparisonList };
  pair: {
    args: { prompt: string; case: string; fallback: string; mode: "words" | "lines" };
    reply: Pair;
  };
  rate: {
    args: { prompt: string; case: string; fallback: string; rating: Rating; note: string | null };
    reply: Rated;
  };
  undo_rating: { args: { prompt: string; case: string; fallback: string }; reply: Rated };
  parity: { args: { prompt: string; fallback: string }; reply: ParityTable };
  release: { args: null; reply: ReleaseView };
  new_key: { args: { name: string; passphrase: string }; reply: KeyEntry };
  export_bundle: {
    args: { name: string; out: string; sign: string; passphrase: string };
    reply: Exported;
  };
  verify_bundle: { args: { archive: string; envelope: string; name: string }; reply: Verification };
  check: { args: null; reply: CheckReport };
  models: { args: null; reply: ModelList };
  start_run: {
    args: {
      prompt: string;
      models: string[] | null;
      cases: string[] | null;
      passthrough: boolean;
      repeat: number;
    };
    reply: Summary;
    events: RunEvents;
  };
  cancel_run: { args: { run: string }; reply: null };
  about: { args: null; reply: About };
}
