//! What the standard variables of OpenTelemetry say, read through the host and in one place.
//!
//! Deliberately absent: compression and client certificates (a collector takes plain bodies, and trust is the
//! system's), and every variable for logs, which stay here.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::TelemetryError;
use crate::host::Host;
use crate::model::Proxies;

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Binary Protobuf.
    Protobuf,
    /// The JSON form of the same messages.
    Json,
}

impl Encoding {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// Where one signal goes. The URL and the headers can hold secrets, so `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The variable that named the address, for messages.
    pub(super) variable: &'static str,
    pub(super) url: String,
    pub(super) headers: BTreeMap<String, String>,
    /// The variable that named them.
    pub(super) headers_variable: &'static str,
    pub(super) encoding: Encoding,
    /// How long one delivery may take.
    pub(super) timeout: Duration,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("variable", &self.variable)
            .field("encoding", &self.encoding)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// All that telemetry needs to know.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) traces: Option<Target>,
    pub(super) metrics: Option<Target>,
    /// Attributes of the sender, the service's name among them.
    pub(super) resource: BTreeMap<String, String>,
    /// Whether what was said leaves too.
    pub(super) contents: bool,
    /// Whether histograms count from the start of the program (`false`) or since the last delivery.
    pub(super) delta: bool,
    pub(super) proxies: Proxies,
}

impl Settings {
    /// `None` when no endpoint is named, or telemetry is switched off.
    pub(super) fn from_host(host: &dyn Host) -> Result<Option<Self>, TelemetryError> {
        if is_true(host.env("OTEL_SDK_DISABLED")) {
            return Ok(None);
        }
        let traces = target(host, &TRACES)?;
        let metrics = target(host, &METRICS)?;
        if traces.is_none() && metrics.is_none() {
            return Ok(None);
        }
        let mut resource = pairs(host, "OTEL_RESOURCE_ATTRIBUTES")?.unwrap_or_default();
        if let Some(name) = host.env("OTEL_SERVICE_NAME") {
            resource.insert("service.name".to_owned(), name);
        }
        let preference = host.env("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE");
        Ok(Some(Self {
            traces,
            metrics,
            resource,
            contents: contents(host.env("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT")),
            // For histograms, `lowmemory` means the same as `delta`.
            delta: preference.is_some_and(|word| {
                ["delta", "lowmemory"].contains(&word.to_ascii_lowercase().as_str())
            }),
            proxies: Proxies::from_env(host),
        }))
    }
}

/// The variables of one signal.
struct Signal {
    exporter: &'static str,
    endpoint: &'static str,
    path: &'static str,
    headers: &'static str,
    protocol: &'static str,
    timeout: &'static str,
}

const TRACES: Signal = Signal {
    exporter: "OTEL_TRACES_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    path: "v1/traces",
    headers: "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    protocol: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    timeout: "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
};

const METRICS: Signal = Signal {
    exporter: "OTEL_METRICS_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    path: "v1/metrics",
    headers: "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    protocol: "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    timeout: "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

fn target(host: &dyn Host, signal: &Signal) -> Result<Option<Target>, TelemetryError> {
    // Whoever sends traces to a console with the same environment still means this endpoint; only `none` says no.
    if host.env(signal.exporter).is_some_and(|word| word == "none") {
        return Ok(None);
    }
    let (variable, url) = match (host.env(signal.endpoint), host.env(ENDPOINT)) {
        (Some(own), _) => (signal.endpoint, own.trim().to_owned()),
        (None, Some(base)) => (
            ENDPOINT,
            format!("{}/{}", base.trim().trim_end_matches('/'), signal.path),
        ),
        (None, None) => return Ok(None),
    };
    let (headers_variable, headers) = match pairs(host, signal.headers)? {
        Some(own) => (signal.headers, own),
        None => (HEADERS, pairs(host, HEADERS)?.unwrap_or_default()),
    };
    Ok(Some(Target {
        variable,
        url,
        headers,
        headers_variable,
        encoding: encoding(host, signal.protocol)?,
        timeout: timeout(host, signal.timeout)?,
    }))
}

fn encoding(host: &dyn Host, own: &'static str) -> Result<Encoding, TelemetryError> {
    let Some((variable, word)) = either(host, own, "OTEL_EXPORTER_OTLP_PROTOCOL") else {
        return Ok(Encoding::Protobuf);
    };
    match word.as_str() {
        "http/protobuf" => Ok(Encoding::Protobuf),
        "http/json" => Ok(Encoding::Json),
        _ => Err(TelemetryError::Protocol {
            variable,
            protocol: word.chars().take(40).collect(),
        }),
    }
}

fn timeout(host: &dyn Host, own: &'static str) -> Result<Duration, TelemetryError> {
    let Some((variable, word)) = either(host, own, "OTEL_EXPORTER_OTLP_TIMEOUT") else {
        return Ok(Duration::from_secs(10));
    };
    match word.parse() {
        Ok(millis) if millis > 0 => Ok(Duration::from_millis(millis)),
        _ => Err(TelemetryError::Timeout { variable }),
    }
}

/// The signal's own variable, else the common one.
fn either(
    host: &dyn Host,
    own: &'static str,
    common: &'static str,
) -> Option<(&'static str, String)> {
    [own, common].into_iter().find_map(|variable| {
        let word = host.env(variable)?;
        Some((variable, word.trim().to_owned()))
    })
}

/// `key=value,key=value`, values percent-encoded. `None` when the variable is unset.
fn pairs(
    host: &dyn Host,
    variable: &'static str,
) -> Result<Option<BTreeMap<String, String>>, TelemetryError> {
    let Some(text) = host.env(variable) else {
        return Ok(None);
    };
    let read = |pair: &str| {
        let (key, value) = pair.split_once('=')?;
        let key = percent_decoded(key.trim())?;
        (!key.is_empty()).then_some((key, percent_decoded(value.trim())?))
    };
    text.split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(read)
        .collect::<Option<_>>()
        .map(Some)
        .ok_or(TelemetryError::Pairs { variable })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn is_true(word: Option<String>) -> bool {
    word.is_some_and(|word| word.trim().eq_ignore_ascii_case("true"))
}

/// `true`, or the words that later instrumentations use for spans.
fn contents(word: Option<String>) -> bool {
    word.is_some_and(|word| {
        ["true", "span_only", "span_and_event"].contains(&word.trim().to_ascii_lowercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::World;
    use super::*;

    fn read(env: &[(&'static str, &str)]) -> Result<Option<Settings>, TelemetryError> {
        Settings::from_host(&World::new(env))
    }

    fn some(env: &[(&'static str, &str)]) -> Settings {
        read(env).unwrap().unwrap()
    }

    #[test]
    fn nothing_is_on_without_an_endpoint() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[("OTEL_SERVICE_NAME", "x")]).unwrap().is_none());
        let on = (ENDPOINT, "http://c:4318");
        assert!(
            read(&[on, ("OTEL_SDK_DISABLED", "True")])
                .unwrap()
                .is_none()
        );
        assert!(read(&[on, ("OTEL_SDK_DISABLED", "1")]).unwrap().is_some());
        // Even what could not be read is not read then.
        assert!(
            read(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")])
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn each_signal_finds_its_address() {
        for base in ["http://c:4318", "http://c:4318/"] {
            let both = some(&[(ENDPOINT, base)]);
            assert_eq!(both.traces.unwrap().url, "http://c:4318/v1/traces");
            assert_eq!(both.metrics.unwrap().url, "http://c:4318/v1/metrics");
        }
        let own = some(&[
            (ENDPOINT, "http://c/x"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/as/is"),
        ]);
        assert_eq!(own.traces.unwrap().url, "http://t/as/is");
        assert_eq!(own.metrics.unwrap().url, "http://c/x/v1/metrics");
        let alone = some(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m")]);
        assert!(alone.traces.is_none());
        let no_metrics = some(&[(ENDPOINT, "http://c"), ("OTEL_METRICS_EXPORTER", "none")]);
        assert!(no_metrics.metrics.is_none() && no_metrics.traces.is_some());
    }

    #[test]
    fn headers_are_decoded_and_never_shown() {
        let settings = some(&[
            (ENDPOINT, "http://c?token=planted"),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "x-team=planted, authorization=Basic%20planted%3D,",
            ),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-team=other"),
        ]);
        let traces = settings.traces.clone().unwrap();
        assert_eq!(traces.headers["authorization"], "Basic planted=");
        assert_eq!(traces.headers["x-team"], "planted");
        assert_eq!(settings.metrics.clone().unwrap().headers.len(), 1);
        assert!(!format!("{settings:?}").contains("planted"));
        for bad in ["planted", "=planted", "x=%zzplanted", "x=%ff"] {
            let error = read(&[(ENDPOINT, "http://c"), ("OTEL_EXPORTER_OTLP_HEADERS", bad)])
                .unwrap_err()
                .to_string();
            assert!(error.contains("OTEL_EXPORTER_OTLP_HEADERS"), "{error}");
            assert!(!error.contains("planted"), "{error}");
        }
    }

    #[test]
    fn the_sender_has_a_name_and_attributes() {
        let settings = some(&[
            (ENDPOINT, "http://c"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=gr%C3%BCn"),
            ("OTEL_SERVICE_NAME", "b"),
        ]);
        assert_eq!(settings.resource["service.name"], "b");
        assert_eq!(settings.resource["team"], "grün");
    }

    #[test]
    fn protocols_other_than_http_are_refused_by_name() {
        let with = |word| {
            some(&[
                (ENDPOINT, "http://c"),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", word),
            ])
        };
        assert_eq!(with("http/json").traces.unwrap().encoding, Encoding::Json);
        assert_eq!(
            with("http/protobuf").traces.unwrap().encoding,
            Encoding::Protobuf
        );
        assert_eq!(
            some(&[(ENDPOINT, "http://c")]).traces.unwrap().encoding,
            Encoding::Protobuf
        );
        let error = read(&[
            (ENDPOINT, "http://c"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ])
        .unwrap_err();
        insta::assert_snapshot!(error, @"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is `grpc`: telemetry leaves by http/protobuf or http/json alone (collectors take them on port 4318); set one of these, or OTEL_SDK_DISABLED=true");
    }

    #[test]
    fn contents_leave_only_when_asked_for() {
        let with = |word| {
            let variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
            some(&[(ENDPOINT, "http://c"), (variable, word)]).contents
        };
        assert!(!some(&[(ENDPOINT, "http://c")]).contents);
        for word in ["true", "TRUE", "span_only", "SPAN_AND_EVENT"] {
            assert!(with(word), "{word}");
        }
        for word in ["false", "1", "yes", "event_only", "no_content"] {
            assert!(!with(word), "{word}");
        }
    }

    #[test]
    fn times_are_milliseconds() {
        let with = |word| read(&[(ENDPOINT, "http://c"), ("OTEL_EXPORTER_OTLP_TIMEOUT", word)]);
        let target = with("250").unwrap().unwrap().metrics.unwrap();
        assert_eq!(target.timeout, Duration::from_millis(250));
        for bad in ["0", "-1", "10s"] {
            assert!(
                matches!(with(bad), Err(TelemetryError::Timeout { .. })),
                "{bad}"
            );
        }
    }
}
