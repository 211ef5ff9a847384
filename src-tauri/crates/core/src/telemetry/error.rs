//! Settings by which no telemetry can leave. Once it is on, nothing is an error any more.

/// Telemetry that could not be set up. No value of a variable is shown that could hold a secret.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A protocol that is not spoken.
    #[error(
        "{variable} is `{protocol}`: telemetry leaves by http/protobuf or http/json alone (collectors take them on \
         port 4318); set one of these, or OTEL_SDK_DISABLED=true"
    )]
    Protocol {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        protocol: String,
    },
    /// An address that is none.
    #[error("{variable}: {reason}")]
    Endpoint {
        /// The variable.
        variable: &'static str,
        /// Why. The address itself is left out: it may hold a secret.
        reason: String,
    },
    /// A list that is not `key=value,key=value`.
    #[error(
        "{variable} is no list of the form key=value,key=value with percent-encoded values, or a header that cannot \
         be sent"
    )]
    Pairs {
        /// The variable.
        variable: &'static str,
    },
    /// A time limit that is none.
    #[error("{variable} is no number of milliseconds above 0")]
    Timeout {
        /// The variable.
        variable: &'static str,
    },
    /// The system gives no thread.
    #[error("telemetry could not be started: {0}")]
    Start(#[from] std::io::Error),
}
