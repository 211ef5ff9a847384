//! Names that leave: those of the OpenTelemetry semantic conventions v1.41.0 for generative AI, kept here because the
//! crate of constants has deprecated its own, and ours, all of which start with `prompt_variant.`.

/// The conventions that the names follow.
pub(super) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.41.0";
/// The instrumentation scope.
pub(super) const SCOPE: &str = "understudy";

pub(super) const OPERATION: &str = "gen_ai.operation.name";
pub(super) const PROVIDER: &str = "gen_ai.provider.name";
pub(super) const CONVERSATION: &str = "gen_ai.conversation.id";
pub(super) const OUTPUT_TYPE: &str = "gen_ai.output.type";
pub(super) const PROMPT_NAME: &str = "gen_ai.prompt.name";
/// Newer than v1.41, where it is a string too.
pub(super) const PROMPT_VERSION: &str = "gen_ai.prompt.version";

pub(super) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(super) const REQUEST_STREAM: &str = "gen_ai.request.stream";
pub(super) const REQUEST_CHOICES: &str = "gen_ai.request.choice.count";
pub(super) const REQUEST_SEED: &str = "gen_ai.request.seed";
pub(super) const REQUEST_MAX_TOKENS: &str = "gen_ai.request.max_tokens";
pub(super) const REQUEST_STOP: &str = "gen_ai.request.stop_sequences";
pub(super) const REQUEST_TEMPERATURE: &str = "gen_ai.request.temperature";
pub(super) const REQUEST_TOP_K: &str = "gen_ai.request.top_k";
pub(super) const REQUEST_TOP_P: &str = "gen_ai.request.top_p";
pub(super) const REQUEST_FREQUENCY_PENALTY: &str = "gen_ai.request.frequency_penalty";
pub(super) const REQUEST_PRESENCE_PENALTY: &str = "gen_ai.request.presence_penalty";

pub(super) const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(super) const RESPONSE_FINISH: &str = "gen_ai.response.finish_reasons";
pub(super) const RESPONSE_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";

pub(super) const USAGE_INPUT: &str = "gen_ai.usage.input_tokens";
pub(super) const USAGE_OUTPUT: &str = "gen_ai.usage.output_tokens";
pub(super) const USAGE_CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
pub(super) const USAGE_CACHE_WRITE: &str = "gen_ai.usage.cache_creation.input_tokens";
pub(super) const USAGE_REASONING: &str = "gen_ai.usage.reasoning.output_tokens";
pub(super) const TOKEN_TYPE: &str = "gen_ai.token.type";

pub(super) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
pub(super) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
pub(super) const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
pub(super) const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";

pub(super) const OPENAI_API: &str = "openai.api.type";
pub(super) const SERVER_ADDRESS: &str = "server.address";
pub(super) const SERVER_PORT: &str = "server.port";
pub(super) const ERROR_TYPE: &str = "error.type";
pub(super) const STATUS_CODE: &str = "http.response.status_code";

/// The run's id.
pub(super) const RUN: &str = "prompt_variant.run";
/// The case's id.
pub(super) const CASE: &str = "prompt_variant.case";
/// Which repetition, from 1.
pub(super) const REPEAT: &str = "prompt_variant.repeat";
/// The model's name in `understudy.toml`.
pub(super) const MODEL: &str = "prompt_variant.model";
/// `primary`, `fallback` or `passthrough`.
pub(super) const ROLE: &str = "prompt_variant.role";
/// The place in the chain; 0 is the primary.
pub(super) const ORDER: &str = "prompt_variant.order";
/// The content's id.
pub(super) const CONTENT_ID: &str = "prompt_variant.content_id";
/// The error code of the primary that a fallback stands in for.
pub(super) const FALLBACK_REASON: &str = "prompt_variant.fallback_reason";
/// Which try of the call, from 1.
pub(super) const ATTEMPT: &str = "prompt_variant.attempt";
/// Why there was another try, or none.
pub(super) const ATTEMPT_REASON: &str = "prompt_variant.attempt_reason";
/// The provider's id of the HTTP request, for its support; no id of the completion.
pub(super) const REQUEST_ID: &str = "prompt_variant.request_id";
/// Of a run's span: tries.
pub(super) const ATTEMPTS: &str = "prompt_variant.attempts";
/// Of a run's span: tries that failed.
pub(super) const FAILED_ATTEMPTS: &str = "prompt_variant.failed_attempts";

pub(super) const TOKEN_USAGE: &str = "gen_ai.client.token.usage";
pub(super) const DURATION: &str = "gen_ai.client.operation.duration";
pub(super) const FIRST_CHUNK: &str = "gen_ai.client.operation.time_to_first_chunk";

/// Bucket boundaries of token counts.
pub(super) const TOKEN_BUCKETS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
/// Bucket boundaries of seconds.
pub(super) const SECOND_BUCKETS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
