// Written by `UNDERSTUDY_WRITE_BINDINGS=1 cargo test -p understudy-desktop bindings` from the Rust types. Do not edit.
//
// What Rust may leave out is optional here; what it writes as null is `| null`. No 64-bit integer crosses.

/** Which program this is and what it has open. */
export type About = {
  /** The workspace file's path. */
  workspace: string,
  /** Its name, without the folder. */
  file: string,
  /** Whether it holds the shipped sample. */
  sample: boolean,
  /** This program's version. */
  version: string,
};

/** `accept`. */
export type Accepted = {
  /** The finding's code. */
  code: string,
  /** The prompt. */
  prompt: PromptName,
  /** The fallback, when the finding names one. */
  model: ModelName | null,
  /** Until when, RFC 3339. */
  until: string,
};

/** A finding that is accepted. */
export type Accepting = {
  /** The finding's code. */
  code: string,
  /** The prompt. */
  prompt: string,
  /** The model, when the finding names one. */
  model?: string | null,
  /** Why, in ten characters or more. */
  reason: string,
  /** Until when, a date or RFC 3339; 90 days when left out. */
  until?: string | null,
};

/** The header a key is sent in. */
export type Auth = "bearer" | "api-key" | "x-api-key" | "x-goog-api-key" | "x-portkey-api-key";

/** A saved input. */
export type Case = {
  /** Its id inside the prompt. */
  id: CaseId,
  /** Values for the templates' variables. */
  variables: { [key in string]: JsonValue },
  /** The conversation so far, literal text, tool calls and results included. Several turns that include the assistant's make a handoff case. */
  turns: Array<Message>,
  /** Labels for filtering. */
  tags: Array<string>,
  /** What an acceptable answer has. */
  expect: Array<Expectation>,
  /** Where it comes from. */
  origin?: string,
  /** The content id of the primary version whose change this case was saved for. */
  change?: Digest,
};

/** A case's id inside its prompt, such as `charged-twice`. */
export type CaseId = string;

/** How a cell ended. */
export type CellState = "output" | "error";

/** What a primary version changed, seen from one fallback. */
export type Change = {
  /** The prompt. */
  prompt: PromptName,
  /** The number of the primary version the change leads to. */
  version: number,
  /** That version's message. */
  message: string,
  /** Who saved it. */
  author: string,
  /** When, RFC 3339. */
  at: string,
  /** The fallback. */
  model: ModelName,
  /** Where it stands there. */
  state: ChangeState,
  /** The fallback version that answers it. */
  with: number | null,
  /** Why it is waived. */
  reason: string | null,
  /** Until when it is, or was, waived. */
  until: string | null,
  /** Whether a waiver ran out, so that the change is unmatched again. */
  expired: boolean,
  /** The id of the decision that counts. */
  decision: string | null,
  /** Primary content before. */
  from: Digest,
  /** Primary content after. */
  to: Digest,
};

/** Where a change stands on one fallback. */
export type ChangeState = "matched" | "waived" | "unmatched" | "none";

/** `check`. */
export type CheckReport = {
  /** Findings, most urgent first; those switched off are left out. */
  findings: Array<Finding>,
  /** Error findings that are not accepted: any of them blocks. */
  errors: number,
  /** Codes that could not be asked, because a directory holds no outputs. */
  skipped: Array<string>,
};

/** One remark on a pair. */
export type Chip = { level: ChipLevel,
  /** Such as `order_id is missing` or `38 % shorter`. */
  text: string,
};

/** How much a chip weighs. */
export type ChipLevel = "error" | "warning";

/** A reviewer's choice. */
export type Choice = {
  /** The prompt. */
  prompt: string,
  /** The case. */
  case: string,
  /** The fallback. */
  fallback: string,
  /** The choice. */
  rating: Rating,
  /** A remark. */
  note?: string | null,
};

/** What a piece is in its own language; see [`highlight`]. */
export type Class = "tag" | "string" | "number" | "key" | "keyword" | "comment" | "variable" | "heading" | "punctuation";

/** Two texts side by side. */
export type Comparison = { rows: Array<Row>,
  /** 2 × matched words / all words, 0 to 1. */
  ratio: number,
  /** Some part was searched less than fully. */
  coarse: boolean,
};

/** A pair in the list. */
export type ComparisonEntry = {
  /** The case. */
  case: string,
  /** Its first user words, cut. */
  title: string,
  /** 2 × matched words / all words; `None` when an output is missing. */
  ratio: number | null,
  /** What is worth saying at once. */
  chips: Array<Chip>,
  /** The reviewer's choice so far. */
  rating: string | null,
  /** Labels of the case. */
  tags: Array<string>,
};

/** `compare` without a case: all pairs, largest difference first. */
export type ComparisonList = {
  /** The prompt. */
  prompt: PromptName,
  /** The primary. */
  primary: ModelName,
  /** Its head's number. */
  primary_version: number,
  /** The fallback. */
  fallback: ModelName,
  /** Its head's number. */
  fallback_version: number,
  /** All fallbacks of the prompt, for the switch. */
  fallbacks: Array<ModelName>,
  /** One row a case. */
  comparisons: Array<ComparisonEntry>,
  /** How many pairs have a rating. */
  rated: number,
  /** How many pairs are identical. */
  identical: number,
  /** How many cases lack an output on either side. */
  missing: number,
};

/** Everything a version sends to its model, and nothing about who saved it. */
export type Content = {
  /** How the texts are read. */
  engine: Engine,
  /** The system template; empty means the request carries no system text. */
  system: string,
  /** Example turns, sent before the case's turns. */
  turns: Array<Turn>,
  /** The final user template, sent after the case's turns. */
  user: string | null,
  /** Tools the model may call. */
  tools: Array<Tool>,
  /** Sampling parameters set and removed. */
  params: Params,
  /** The most tokens the reply may have; `None` leaves it to the provider. */
  max_output_tokens: number | null,
  /** JSON Schema of the reply. Property order steers models, so it is content. */
  output_schema: JsonValue | null,
  /** Fields merged into the request body as they are. */
  provider_options: { [key in string]: JsonValue },
  /** Front-matter keys this program does not know, kept verbatim. */
  extra: { [key in string]: JsonValue },
};

/** A failure of this program, told apart from everything a person can cause. */
export type Defect = "internal";

/** SHA-256 of some bytes, as 64 lower-case hexadecimal digits. */
export type Digest = string;

/** A version to be saved. */
export type Draft = {
  /** The prompt. */
  prompt: string,
  /** The model. */
  model: string,
  /** The number of the head it was made from, 0 when there was none. Another head by now refuses the draft. */
  parent: number,
  /** What to save. */
  text: DraftText,
  /** Why. */
  message: string,
  /** Primary versions whose changes it answers. */
  answers: Array<number>,
};

/** What to save. */
export type DraftText = { "kind": "system",
  /** The text. */
  system: string, } | { "kind": "file",
  /** Its text. */
  file: string,
};

/** What a piece is, seen from the other side. */
export type Edit = "same" | "only" | "coarse";

/** How the texts of a version are read. */
export type Engine = "handlebars" | "none";

/** What a client may want to act on. */
export type ErrorCode = "head_moved" | "blocked" | "not_found" | "bad_input" | "busy" | "io";

/** An expectation, named as promptfoo names assertions (`contains`, `icontains`, `equals`, `regex`, `is-json`, each
 * also as `not-…`). Kept with the case; judged by runs.
 */
export type Expectation = {
  /** The assertion's name. */
  type: string,
  /** What it compares with. */
  value?: JsonValue,
};

/** `bundle export`. */
export type Exported = {
  /** The bundle's name. */
  name: string,
  /** Its number. */
  version: number,
  /** The archive's path. */
  archive: string,
  /** The envelope's path. */
  envelope: string,
  /** SHA-256 of the archive. */
  sha256: string,
  /** Until when it is valid, RFC 3339. */
  expires_at: string,
  /** Key ids that signed. */
  signers: Array<string>,
  /** Key ids that were named as reviewers and have yet to sign. */
  waiting_for: Array<string>,
};

/** A release to be frozen and signed. */
export type Exporting = {
  /** The bundle's name. */
  name: string,
  /** The folder to write to; made when missing. */
  out: string,
  /** The signing key's name. */
  sign: string,
  /** What protects it. */
  passphrase: string,
};

/** How the window is left while runs are under way. */
export type Farewell = "finish" | "cancel" | "stay";

/** Two outputs laid beside each other field by field. */
export type FieldsComparison = { left_form: JsonForm, right_form: JsonForm,
  /** First `form`; then `prose` where words stand around the JSON; then one row a field, labelled
   * with its path. A side without JSON has its text in rows labelled `text`. A missing field is
   * an absent side.
   */
  rows: Array<Row>,
  /** That of [`Mode::Words`] over the whole outputs: one pair has one ratio, however it is looked
   * at.
   */
  ratio: number, coarse: boolean,
};

/** What `check` reports. */
export type Finding = {
  /** Its stable code. */
  code: FindingCode,
  /** `error` or `warning`. */
  level: "error" | "warning",
  /** The prompt. */
  prompt: PromptName,
  /** The model, when it is about one. */
  model: ModelName | null,
  /** The version it is about: for a change the primary's number, else the variant's. */
  version: number | null,
  /** What is wrong. */
  message: string,
  /** A way out. */
  help: string,
  /** Until when somebody accepted it; it is then a warning. */
  accepted_until: string | null,
  /** The id of the decision that accepted it. */
  accepted_by: string | null,
  /** Why somebody accepted it, or why its level was set by hand. */
  reason: string | null,
};

/** A finding's stable code. */
export type FindingCode = "unmatched-change" | "waiver-expired" | "fallback-missing" | "unknown-variable" | "schema-broken" | "never-run" | "stale-run" | "same-as-primary" | "max-output-tokens" | "primary-only" | "schema-lost" | "tools-lost" | "tool-choice-lost" | "parameter-refused" | "parameter-lost" | "model-retired";

/** How far a parser gets with an output, from best to worst. */
export type JsonForm = "raw" | "fenced" | "wrapped" | "invalid" | "none";

export type JsonValue = number | string | boolean | Array<JsonValue> | { [key in string]: JsonValue } | null;

/** A signing key. */
export type KeyEntry = {
  /** Its name. */
  name: string,
  /** Its key id. */
  keyid: string,
};

/** A pair of outputs, and how it is laid out. */
export type LaidOut = {
  /** The prompt. */
  prompt: string,
  /** The case. */
  case: string,
  /** The fallback. */
  fallback: string,
  /** By words or by lines; fields come with either. */
  mode: Mode,
};

/** What the person decided about the runs under way while the window is closing. */
export type Leaving = {
  /** What to do. */
  how: Farewell,
};

/** A live run of this process. */
export type LiveRun = {
  /** Its id. */
  run: string,
  /** The prompt. */
  prompt: string,
};

/** A change that is answered. */
export type Matching = {
  /** The prompt. */
  prompt: string,
  /** The primary version the change leads to. */
  version: number,
  /** The fallback. */
  model: string,
  /** The fallback version that answers it; its head when left out. */
  with?: number | null,
};

/** One message. In JSON `{"role","text"}`, for most; the other fields only where tools are in play. */
export type Message = {
  /** Who speaks. */
  role: Speaker,
  /** What is said; of a tool, its result. Literal: it is never read as a template. */
  text: string,
  /** Tools the assistant called, in order. */
  tool_calls?: Array<ToolCall>,
  /** Of a tool: its name. */
  name?: string,
  /** Of a tool: the id of the call it answers. Without one it answers the next unanswered call of its name. */
  tool_call_id?: string,
};

/** How two texts are laid beside each other. */
export type Mode = "words" | "lines";

/** A model's settings, to be written into understudy.toml. */
export type ModelDraft = {
  /** Its wire format. */
  wire: Wire,
  /** The provider's id. */
  id: string,
  /** The environment variable that holds the key. */
  key_env: string | null,
  /** Base URL where it differs from the provider's own. */
  base_url: string | null,
  /** How the key is sent, where it differs. */
  auth: Auth | null,
  /** Whether replies are streamed. */
  stream: boolean,
  /** The most calls under way at its endpoint. */
  concurrency: number | null,
  /** The team's own price. */
  price: Price | null,
};

/** A model in the list. */
export type ModelEntry = {
  /** Its name. */
  name: ModelName,
  /** Its wire format. */
  wire: string,
  /** The provider's id. */
  id: string,
  /** The environment variable with its key, under whose name the keychain may hold it too. */
  key_env: string | null,
  /** Whether a key is here; true when none is needed. */
  key_present: boolean,
  /** Its base URL where it differs. */
  base_url: string | null,
  /** The address calls go to, secrets left out; `None` when the settings make none. */
  url: string | null,
  /** How the key is sent, where that was set by hand. */
  auth: Auth | null,
  /** Whether replies are streamed. */
  stream: boolean,
  /** The most calls under way at its endpoint; `None` leaves it to the run. */
  concurrency: number | null,
  /** Its price; `None` when unknown. */
  price: PriceView | null,
};

/** `model list`. */
export type ModelList = {
  /** One entry a model, by name. */
  models: Array<ModelEntry>,
};

/** A model's name in `understudy.toml`, and so the name of the variant tuned for it. */
export type ModelName = string;

/** What a model answered to a few words. */
export type ModelTest = {
  /** The model. */
  model: ModelName,
  /** Whether it answered. */
  ok: boolean,
  /** The address that was asked, secrets left out. */
  url: string,
  /** The HTTP status, when there was one. */
  status: number | null,
  /** How long it took. */
  seconds: number,
  /** Until the first piece of text, when streamed. */
  first_token_seconds: number | null,
  /** The model as answered: aliases resolve to dated ids. */
  answered_by: string | null,
  /** What it said. */
  text: string | null,
  /** Why it did not answer, in a sentence. */
  error: string | null,
};

/** A signing key to be made. */
export type NewKey = {
  /** Its name. */
  name: string,
  /** What protects it on disk. */
  passphrase: string,
};

/** A prompt and one of its fallbacks. */
export type OfFallback = {
  /** The prompt. */
  prompt: string,
  /** The fallback. */
  fallback: string,
};

/** A model. */
export type OfModel = {
  /** Its name. */
  model: string,
};

/** A pair of outputs. */
export type OfPair = {
  /** The prompt. */
  prompt: string,
  /** The case. */
  case: string,
  /** The fallback. */
  fallback: string,
};

/** A prompt. */
export type OfPrompt = {
  /** Its name. */
  prompt: string,
};

/** A run under way. */
export type OfRun = {
  /** Its id, from the `started` event. */
  run: string,
};

/** Runs to be listed. */
export type OfRuns = {
  /** Of this prompt; of all when left out. */
  prompt?: string | null,
};

/** Two versions of a variant. */
export type OfTwoVersions = {
  /** The prompt. */
  prompt: string,
  /** The model. */
  model: string,
  /** A number. */
  a: number,
  /** Another number. */
  b: number,
};

/** A version of a variant. */
export type OfVersion = {
  /** The prompt. */
  prompt: string,
  /** The model. */
  model: string,
  /** Its number; the head when left out. */
  version?: number | null,
};

/** What callers would get if the primary failed now. */
export type Outage = {
  /** The prompt. */
  prompt: PromptName,
  /** The primary. */
  primary: ModelName,
  /** The fallback that would answer. */
  fallback: ModelName,
  /** The primary's version. */
  primary_version: number,
  /** The fallback's version. */
  fallback_version: number,
  /** What is counted: `output schema holds`, or `not empty` where there is no schema. */
  measure: string,
  /** The primary itself. */
  primary_share: Share | null,
  /** The fallback given the primary's prompt. */
  passthrough_share: Share | null,
  /** The fallback with its own variant. */
  fallback_share: Share | null,
  /** One sentence, such as `schema holds 98 % → 41 % → 96 %`. */
  sentence: string,
};

/** One output, or the reason why there is none. */
export type OutputView = {
  /** The model. */
  model: ModelName,
  /** The version it was given; for passthrough the primary's. */
  version: number,
  /** Whether an output exists. */
  present: boolean,
  /** The text as the model gave it; empty when there is none. */
  text: string,
  /** Tool calls. */
  tool_calls: JsonValue | null,
  /** Why it ended. */
  finish: string | null,
  /** Wall time in seconds. */
  seconds: number | null,
  /** Tokens written. */
  output_tokens: number | null,
  /** When it was made, RFC 3339. */
  at: string | null,
  /** Why there is none, in a sentence. */
  missing: string | null,
  /** How many outputs there are, one a repeat; the first is shown. */
  repeats: number,
  /** How many different texts those are: 1 when all repeats agree. */
  different: number,
  /** What the case expected when it was asked, judged. */
  verdicts: Array<Verdict>,
};

/** The whole workspace on one page. */
export type Overview = {
  /** The workspace file's name, without its folder. */
  workspace: string,
  /** Whether it holds the shipped sample. */
  sample: boolean,
  /** All models that appear as a primary or fallback, in the order of the longest chain. */
  models: Array<ModelName>,
  /** One row a prompt, by name. */
  prompts: Array<OverviewRow>,
  /** What an outage of the primary would do now: the prompt with most to lose; `None` without outputs. */
  outage: Outage | null,
  /** Findings of level error or warning, most urgent first. */
  next: Array<Finding>,
  /** Error findings in all. */
  errors: number,
  /** Warnings in all. */
  warnings: number,
  /** When anything was last run or recorded, RFC 3339. */
  last_output: string | null,
};

/** A prompt on the overview. */
export type OverviewRow = {
  /** The prompt. */
  prompt: PromptName,
  /** Who answers for it. */
  owner: string,
  /** Its policy. */
  policy: PolicyKind,
  /** How it stands. */
  standing: Standing,
  /** A few words for the list on the left: `behind 2`, `needs a run`, `strict`. */
  badge: string,
  /** The primary. */
  primary: VariantState | null,
  /** The fallbacks in the order of the chain; a chain model without a variant has no version. */
  fallbacks: Array<VariantState>,
  /** Saved cases. */
  cases: number,
  /** When anything was last run or recorded, RFC 3339. */
  last_output: string | null,
  /** The latest release that holds it, as `v12 in #3`; `None` when it was never released. */
  released: string | null,
};

/** `compare CASE`: one pair in full. `rows`, `ratio` and `coarse` are those of the chosen mode. */
export type Pair = {
  /** The prompt. */
  prompt: PromptName,
  /** The case: what was asked. */
  case: Case,
  /** The primary's output. */
  primary: OutputView,
  /** The fallback's output. */
  fallback: OutputView,
  /** The fallback given the primary's prompt. */
  passthrough: OutputView,
  /** What is worth saying at once. */
  chips: Array<Chip>,
  /** Primary and fallback by field, when either is JSON. */
  fields: FieldsComparison | null,
  /** Primary and passthrough by field. */
  passthrough_fields: FieldsComparison | null,
  /** The reviewer's choice so far. */
  rating: string | null, rows: Array<Row>,
  /** 2 × matched words / all words, 0 to 1. */
  ratio: number,
  /** Some part was searched less than fully. */
  coarse: boolean,
};

/** Sampling parameters: those sent, and those that must not reach this model even when the caller sends them. */
export type Params = {
  /** Parameters by name (`temperature`, `top_p`, `top_k`, `stop`, `seed`, …). */
  set: { [key in string]: JsonValue },
  /** Parameters taken out of the caller's request: the commonest leak is the primary's `top_p` on the fallback. */
  remove: Array<string>,
};

/** One measure, three columns. */
export type ParityRow = {
  /** Its id, such as `schema_holds`. */
  id: string,
  /** Its name on screen. */
  title: string,
  /** `share`, `per_reply`, `seconds` or `count`. */
  unit: string,
  /** The primary. */
  primary: number | null,
  /** The fallback given the primary's prompt. */
  passthrough: number | null,
  /** The fallback. */
  fallback: number | null,
  /** Outputs behind each: primary, passthrough, fallback. */
  outputs: [number, number, number],
};

/** The Parity view so far: counts on the same outputs for both sides. No result is claimed yet. */
export type ParityTable = {
  /** The prompt. */
  prompt: PromptName,
  /** The primary. */
  primary: VariantState,
  /** The fallback. */
  fallback: VariantState,
  /** All fallbacks of the prompt, for the switch. */
  fallbacks: Array<ModelName>,
  /** The prompt's policy. */
  policy: PolicyKind,
  /** Saved cases. */
  cases: number,
  /** One row a measure. */
  rows: Array<ParityRow>,
  /** Ratings by reviewers. */
  ratings: RatingCounts,
};

/** A stretch of text of one kind. */
export type Piece = { text: string, edit: Edit, class?: Class,
};

/** The kind of policy. */
export type PolicyKind = "strict" | "relaxed" | "primary-only";

/** US dollars a million tokens, as decimal strings. */
export type Price = {
  /** Input. */
  input: string,
  /** Output, reasoning included. */
  output: string,
  /** Input read from a cache; as `input` when absent. */
  cached_input?: string,
  /** Input written to a cache; as `input` when absent. */
  cache_write?: string,
};

/** A price, in US dollars a million tokens. */
export type PriceView = {
  /** Input, a decimal number. */
  input: string,
  /** Output, likewise. */
  output: string,
  /** Where it comes from: `workspace`, `user` or `shipped`. */
  source: string,
  /** As of when, where the table says so. */
  as_of: string | null,
};

/** `prompt show`, and the head of the Write view. */
export type PromptDetail = {
  /** Its name. */
  name: PromptName,
  /** Who answers for it. */
  owner: string,
  /** Its policy. */
  policy: PolicyKind,
  /** Why there is no fallback. */
  policy_reason: string | null,
  /** Until when. */
  policy_until: string | null,
  /** What callers get in an outage. */
  policy_message: string | null,
  /** The chain's name. */
  chain: string,
  /** Margin for shares, as a fraction. */
  margin_share: number,
  /** Margin for lengths, as a ratio. */
  margin_length: number,
  /** Saved cases. */
  cases: number,
  /** One track a model, primary first. */
  tracks: Array<Track>,
  /** Every change since each fallback began, oldest first. */
  changes: Array<Change>,
};

/** A prompt's name, such as `support-triage`. No dot: in file names the dot separates prompt and variant. */
export type PromptName = string;

/** One line of a quote. */
export type QuoteLine = {
  /** The model. */
  model: ModelName,
  /** Whether it is given the primary's prompt. */
  passthrough: boolean,
  /** Whether these are the earlier turns of a handoff, which the primary answers for all. */
  earlier_turns: boolean,
  /** How many calls are left to make. */
  calls: number,
  /** Whether its key is here; true when none is needed. */
  key_present: boolean,
  /** Its price; `None` when unknown. */
  price: PriceView | null,
  /** What its calls will likely cost. */
  likely_usd: number | null,
  /** What they can cost at most. */
  at_most_usd: number | null,
};

/** A rating as kept. */
export type Rated = {
  /** The case. */
  case: string,
  /** The choice that counts now; `None` after the last was taken back. */
  rating: string | null,
};

/** A reviewer's choice. */
export type Rating = "primary" | "tie" | "fallback" | "neither";

/** How reviewers chose. */
export type RatingCounts = {
  /** For the primary. */
  primary: number,
  /** No difference. */
  tie: number,
  /** For the fallback. */
  fallback: number,
  /** Neither. */
  neither: number,
};

/** A release in the list. */
export type ReleaseEntry = {
  /** The bundle's name. */
  name: string,
  /** Its number. */
  version: number,
  /** When it was frozen, RFC 3339. */
  created_at: string,
  /** Until when it is valid, RFC 3339. */
  expires_at: string,
  /** SHA-256 of the archive. */
  sha256: string,
};

/** The Release view. */
export type ReleaseView = {
  /** What stands in the way. */
  check: CheckReport,
  /** Things that hold, in a sentence each. */
  holds: Array<string>,
  /** The name the next bundle would have. */
  name: string,
  /** Its number. */
  next_version: number,
  /** Signing keys. */
  keys: Array<KeyEntry>,
  /** Releases, latest first. */
  releases: Array<ReleaseEntry>,
};

/** Why a command was refused. */
export type Report = {
  /** What kind of refusal it is. */
  code: ReportCode,
  /** What happened, what was kept and what to do, in a sentence. */
  message: string,
};

/** What the window may want to act on. */
export type ReportCode = ErrorCode | Defect;

/** A version to be restored. */
export type Restoring = {
  /** The prompt. */
  prompt: string,
  /** The model. */
  model: string,
  /** Its number. */
  version: number,
};

/** A run to be resumed. */
export type Resuming = {
  /** Its id. */
  run: string,
  /** Also asks again what ended with an error. */
  retry_errors: boolean,
  /** Stops before it costs more, a decimal number of US dollars. */
  max_cost_usd?: string | null,
  /** Made by the page for this one start. The same ticket starts nothing twice: a page that is loaded anew sends
   * once more what it was waiting for.
   */
  ticket: string,
};

/** Who speaks in a turn. */
export type Role = "user" | "assistant";

/** What stands beside each other. At least one side is there. */
export type Row = {
  /** `None`: nothing on the left answers to the right. */
  left: Side | null, right: Side | null,
  /** The field that the row shows; only in fields mode. */
  label?: string,
  /** Some piece of the row is not [`Edit::Same`]. */
  changed: boolean,
};

/** A cell is finished. */
export type RunCell = {
  /** The case. */
  case: CaseId,
  /** The model that was called. */
  model: ModelName,
  /** Which repetition, from 1. */
  repeat: number,
  /** Whether it was given the primary's prompt. */
  passthrough: boolean,
  /** How it ended. */
  state: CellState,
  /** The error's code, such as `rate_limited`. */
  kind?: string,
  /** The error, in a sentence. */
  message?: string,
  /** How long it took, waiting between tries left out; `None` when no call was made. */
  seconds: number | null,
  /** How often it was tried; 0 when it came from the cache or no call could be made. */
  tries: number,
  /** Whether the output was taken from an earlier run of exactly the same request. */
  cached: boolean,
  /** What it cost; `None` means unknown. */
  cost_usd: number | null,
  /** Expectations that were judged. */
  expected: number,
  /** How many of those did not hold. */
  unmet: number,
  /** Cells finished so far, this one and those of before included. */
  finished: number,
  /** How many of those ended with an error. */
  failed: number,
  /** How many cells the run has. */
  cells: number,
  /** What is known to be spent so far, in this go. */
  spent_usd: number,
  /** Seconds since this go began. */
  elapsed_seconds: number,
};

/** A piece of a reply. */
export type RunDelta = {
  /** The case. */
  case: CaseId,
  /** The model that is called. */
  model: ModelName,
  /** Which repetition, from 1. */
  repeat: number,
  /** Whether it is given the primary's prompt. */
  passthrough: boolean,
  /** Text of the answer, to be added to what came before; empty with `restart`. */
  text: string,
  /** The call begins anew: what came before is void. */
  restart: boolean,
};

/** A run in the list. */
export type RunEntry = {
  /** Its id. */
  run: string,
  /** The prompt. */
  prompt: PromptName,
  /** When it started, RFC 3339. */
  at: string,
  /** Whether this program made the calls, or the outputs come from elsewhere. */
  live: boolean,
  /** How it stands. */
  state: RunStanding,
  /** How many cells it has. */
  cells: number,
  /** How many are finished. */
  finished: number,
  /** How many of those ended with an error. */
  failed: number,
  /** What is known of its cost. */
  spent_usd: number,
  /** How many of its finished calls have no known cost. */
  unpriced: number,
  /** The models it asks. */
  models: Array<ModelName>,
  /** How often each cell is asked. */
  repeat: number,
  /** Whether fallbacks are also given the primary's prompt. */
  passthrough: boolean,
  /** Whether the primary answers the earlier turns. */
  handoff: boolean,
};

/** An event. The first is `started`, the last of a run that was not cut off by its sink is `summary`. */
export type RunEvent = { "event": "started" } & RunStarted | { "event": "delta" } & RunDelta | { "event": "held" } & RunHeld | { "event": "cell" } & RunCell | { "event": "summary" } & RunSummary;

/** One message of a run: events in order. The first message is the `started` event alone, at once; the rest comes in
 * groups of about 50 ms, in which the pieces of one reply are joined. The last event of the last message is the
 * `summary`, unless the run failed.
 */
export type RunEvents = Array<RunEvent>;

/** Calls to a model wait. */
export type RunHeld = {
  /** The model whose call was answered so. */
  model: ModelName,
  /** For how many seconds from now. All models at the same endpoint wait. */
  seconds: number,
  /** Why, such as `rate_limited`. */
  kind: string,
};

/** Runs, latest first. */
export type RunList = {
  /** One entry a run. */
  runs: Array<RunEntry>,
};

/** What a run would do and cost: shown before anything is sent. All amounts are estimates. */
export type RunQuote = {
  /** The prompt. */
  prompt: PromptName,
  /** How many cells it has. */
  cells: number,
  /** How many of them are finished already; not 0 only when a run is resumed. */
  finished: number,
  /** One line a model and prompt given to it. */
  lines: Array<QuoteLine>,
  /** What it will likely cost; `None` when a price is unknown. */
  likely_usd: number | null,
  /** What it can cost at most; `None` when a price or the longest answer is unknown. */
  at_most_usd: number | null,
  /** What would get lost or be refused on the fallbacks, found by comparing the requests. */
  findings: Array<Finding>,
  /** How many of its cases begin with turns the primary could answer: only those can be handed over. */
  handoff_cases: number,
};

/** How a run stands. */
export type RunStanding = "going" | "finished" | "unfinished";

/** The run begins, or goes on. */
export type RunStarted = {
  /** The run's id. */
  run: string,
  /** How many cells it has. */
  cells: number,
  /** How many of them were finished before and are not asked again. */
  finished: number,
};

/** Why a run ended before all its cells were finished. */
export type RunStop = { "why": "cancelled" } | { "why": "max_cost" } | { "why": "endpoint",
  /** The model whose call was answered so. */
  model: ModelName,
  /** What it said. */
  message: string,
};

/** The run is over. */
export type RunSummary = {
  /** The run's id. */
  run: string,
  /** How many cells it has. */
  cells: number,
  /** How many are finished, with an output or an error, those of before included. */
  finished: number,
  /** How many of those ended with an error. */
  failed: number,
  /** How many were never asked, or were under way when it ended: what resuming would do. */
  left: number,
  /** How many of this go came from the cache. */
  cached: number,
  /** How many of this go's outputs left an expectation unmet. */
  unmet: number,
  /** How long this go took. */
  seconds: number,
  /** What this go cost; `null` means unknown, because some cells' costs are. */
  cost_usd: number | null,
  /** What is known of it: the sum over cells whose cost is known. */
  spent_usd: number,
  /** How many cells of this go have no known cost. */
  unpriced: number,
  /** What counts against a limit: what is known, and the most that answers of unknown cost can have cost. */
  counted_usd: number,
  /** Whether it ended before all cells were finished. */
  cancelled: boolean,
  /** Why it ended before all cells were finished, most telling first; empty when it did not. */
  stops: Array<RunStop>,
};

/** `variant save` and `variant restore`. */
export type Saved = {
  /** The prompt. */
  prompt: PromptName,
  /** The model. */
  model: ModelName,
  /** The version that is the head now. */
  version: number,
  /** Its content id. */
  content_id: string,
  /** False when the content equals the head's, so that nothing was saved. */
  created: boolean,
  /** Primary changes this save answers. */
  answers: Array<number>,
  /** What `check` says of the prompt now. */
  findings: Array<Finding>,
  /** What was normalised while the file was read. */
  notes: Array<string>,
};

/** A model to be saved. */
export type SavingModel = {
  /** Its name. */
  name: string,
  /** What stands in its table. */
  draft: ModelDraft,
};

/** `change match` and `change waive`. */
export type Settled = {
  /** The change as it stands now. */
  change: Change,
  /** The fallback's edit since its last match; `None` when there was no edit. */
  edit: Comparison | null,
  /** What `check` says of the prompt now. */
  findings: Array<Finding>,
};

/** A count out of a count. */
export type Share = {
  /** How many hold. */
  held: number,
  /** Out of how many outputs. */
  of: number,
};

/** One side of a row; its text is one line or several. */
export type Side = { pieces: Array<Piece>,
};

/** Who speaks in a message. */
export type Speaker = "user" | "assistant" | "tool";

/** How a row of a list stands, drawn with its own shape: red ◆, amber ▲, green ✓, or a dash. */
export type Standing = "error" | "warning" | "good" | "apart";

/** A run to be started. */
export type Starting = {
  /** The prompt. */
  prompt: string,
  /** Models; primary and all fallbacks when left out or empty. */
  models?: Array<string> | null,
  /** Cases by id, `*` standing for any text; all when left out or empty. */
  cases?: Array<string> | null,
  /** Also gives each chosen fallback the primary's prompt. */
  passthrough: boolean,
  /** The primary answers the earlier turns of a conversation, the fallback the last. */
  handoff: boolean,
  /** How often each cell is asked, from 1. */
  repeat: number,
  /** Takes an output of exactly the same request from an earlier run instead of asking again. */
  cache: boolean,
  /** Stops before it costs more, a decimal number of US dollars. */
  max_cost_usd?: string | null,
  /** Made by the page for this one start. The same ticket starts nothing twice: a page that is loaded anew sends
   * once more what it was waiting for.
   */
  ticket: string,
};

/** What the program tells the window by itself. */
export type Summons = { "summons": "closing",
  /** Runs that are under way. */
  runs: Array<LiveRun>,
};

/** A tool the model may call. */
export type Tool = {
  /** The name the model calls. */
  name: string,
  /** What it is for; models choose tools by this text. */
  description: string,
  /** JSON Schema of the arguments; its property order is content. */
  parameters: JsonValue,
};

/** A tool the model called. */
export type ToolCall = {
  /** The provider's id of the call, which its result names. Some give none. */
  id?: string,
  /** The tool's name. */
  name: string,
  /** The arguments: a JSON object. Where the model wrote something else (a cut reply, a weak model), its text as it
   * stands, as a JSON string.
   */
  arguments: JsonValue,
};

/** A variant's history. */
export type Track = {
  /** The model. */
  model: ModelName,
  /** `primary`, or `fallback 1`, `fallback 2`, … */
  role: string,
  /** Versions by number. */
  versions: Array<VersionEntry>,
  /** The head's number; `None` when the chain names the model and no variant exists. */
  head: number | null,
  /** Changes that never reached it. */
  behind: number,
};

/** One turn of a conversation. In a case the text is literal; it is never read as a template. */
export type Turn = {
  /** Who speaks. */
  role: Role,
  /** What is said. */
  text: string,
};

/** `variant diff`. */
export type VariantDiff = {
  /** The prompt. */
  prompt: PromptName,
  /** The model. */
  model: ModelName,
  /** The older number given. */
  a: number,
  /** The newer number given. */
  b: number,
  /** The two `.prompt` files, line by line. */
  comparison: Comparison,
};

/** How one variant stands. */
export type VariantState = {
  /** The model. */
  model: ModelName,
  /** The head's number; `None` when the chain names the model and no variant exists. */
  version: number | null,
  /** Primary changes that never reached it. */
  behind: number,
  /** How it stands. */
  standing: Standing,
  /** In words: `behind 1`, `in step`, `never run`, `needs a run`, `schema broken`, `missing`. */
  label: string,
};

/** `variant show`: one version in full. */
export type VariantView = {
  /** The prompt. */
  prompt: PromptName,
  /** The model. */
  model: ModelName,
  /** `primary`, or `fallback 1`, … */
  role: string,
  /** The version. */
  version: VersionEntry,
  /** What it holds. */
  content: Content,
  /** The same as a `.prompt` file. */
  file: string,
  /** A rough count of the system text's tokens (characters divided by four), labelled as an estimate. */
  estimated_tokens: number,
  /** Changes this variant is behind by; empty for the primary. */
  behind: Array<Change>,
};

/** A verdict on one expectation. */
export type Verdict = {
  /** The expectation's kind, as the case names it. */
  kind: string,
  /** Whether it holds; `None` when it could not be judged. */
  passed: boolean | null,
  /** Why it does not, or why nobody can tell. */
  why?: string,
};

/** `bundle verify`. */
export type Verification = {
  /** Whether a gateway may load it. */
  accepted: boolean,
  /** `OK`, or the code of the first rule it breaks. */
  code: string,
  /** A sentence. */
  sentence: string,
  /** The bundle's name; only when accepted. */
  name: string | null,
  /** Its number; only when accepted. */
  version: number | null,
  /** SHA-256 of the archive; only when accepted. */
  sha256: string | null,
  /** Key ids that signed; only when accepted. */
  signers: Array<string>,
  /** Until when it is valid; only when accepted. */
  expires_at: string | null,
};

/** A bundle to be verified. */
export type Verifying = {
  /** The archive's path. */
  archive: string,
  /** The envelope's path. */
  envelope: string,
  /** The signing key whose public half is trusted. */
  name: string,
};

/** A version in a list. */
export type VersionEntry = {
  /** Its number. */
  number: number,
  /** Its content id. */
  content_id: string,
  /** The parent's number. */
  parent: number | null,
  /** Who saved it. */
  author: string,
  /** When, RFC 3339. */
  at: string,
  /** Why. */
  message: string,
  /** Whether it is the head. */
  head: boolean,
  /** For a fallback: the primary versions whose changes it answers. */
  answers: Array<number>,
};

/** A change that will not be carried over. */
export type Waiving = {
  /** The prompt. */
  prompt: string,
  /** The primary version the change leads to. */
  version: number,
  /** The fallback. */
  model: string,
  /** Why, in ten characters or more. */
  reason: string,
  /** Until when, a date or RFC 3339; 90 days when left out. */
  until?: string | null,
};

/** The wire format a model speaks. */
export type Wire = "openai-chat" | "openai-responses" | "anthropic" | "gemini" | "cohere" | "mistral";

/** Every command: what it takes (`null`: nothing), what it answers, and what its channel gets meanwhile. */
export type Commands = {
  /** Which program this is and what it has open. */
  about: { args: null; reply: About };
  /** The whole workspace on one page. */
  overview: { args: null; reply: Overview };
  /** A prompt with its tracks and changes: the timeline. */
  prompt_detail: { args: OfPrompt; reply: PromptDetail };
  /** One version in full. */
  variant: { args: OfVersion; reply: VariantView };
  /** Two versions of a variant, line by line. */
  variant_diff: { args: OfTwoVersions; reply: VariantDiff };
  /** Saves a version, with what it answers. */
  save_version: { args: Draft; reply: Saved };
  /** Makes an older version the head again. */
  restore_version: { args: Restoring; reply: Saved };
  /** Says that a fallback version answers a primary change. */
  match_change: { args: Matching; reply: Settled };
  /** Says that a primary change will not be carried over. */
  waive_change: { args: Waiving; reply: Settled };
  /** Accepts a finding for a while. */
  accept_finding: { args: Accepting; reply: Accepted };
  /** All pairs of outputs of a prompt. */
  comparisons: { args: OfFallback; reply: ComparisonList };
  /** One pair of outputs in full. */
  pair: { args: LaidOut; reply: Pair };
  /** Keeps a reviewer's choice. */
  rate: { args: Choice; reply: Rated };
  /** Takes a reviewer's latest choice back. */
  undo_rating: { args: OfPair; reply: Rated };
  /** What is known of how far primary and fallback lie apart. */
  parity: { args: OfFallback; reply: ParityTable };
  /** What stands in the way of a release, and what was released before. */
  release: { args: null; reply: ReleaseView };
  /** Makes a signing key. */
  new_key: { args: NewKey; reply: KeyEntry };
  /** Freezes, signs and writes a release. */
  export_bundle: { args: Exporting; reply: Exported };
  /** Verifies a bundle as a gateway would, trusting one key. */
  verify_bundle: { args: Verifying; reply: Verification };
  /** Everything that is wrong. */
  check: { args: null; reply: CheckReport };
  /** The models of `understudy.toml`, and whether their keys are here. */
  models: { args: null; reply: ModelList };
  /** Asks a model a few words. */
  test_model: { args: OfModel; reply: ModelTest };
  /** Writes a model into `understudy.toml`; everything else in it stays as it is. */
  save_model: { args: SavingModel; reply: ModelList };
  /** What a run would do and cost. */
  quote_run: { args: Starting; reply: RunQuote };
  /** Runs cases on models and answers when that has ended; finished cells are kept even if the window is gone. */
  start_run: { args: Starting; reply: RunSummary; events: RunEvents };
  /** What resuming would do and cost. */
  quote_resume: { args: Resuming; reply: RunQuote };
  /** Does what a run left, and answers when that has ended. */
  resume_run: { args: Resuming; reply: RunSummary; events: RunEvents };
  /** Runs, latest first. */
  runs: { args: OfRuns; reply: RunList };
  /** The runs this program has under way. */
  live_runs: { args: null; reply: Array<LiveRun> };
  /** Takes up a run under way: its counts so far, then what follows. Answers when it has ended. */
  attach_run: { args: OfRun; reply: RunSummary; events: RunEvents };
  /** Stops a run. What is finished stays. */
  cancel_run: { args: OfRun; reply: null };
  /** Hears what the program has to say by itself, for as long as the page lives. */
  attend: { args: null; reply: null; events: Summons };
  /** Says what becomes of the runs under way when the window is closed. */
  leave: { args: Leaving; reply: null };
};
