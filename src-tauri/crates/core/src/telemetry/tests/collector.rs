//! A collector on loopback: just enough HTTP to take what is posted, and to answer as told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde::de::DeserializeOwned;

/// A delivery as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) path: String,
    /// Names in lower case, values as they stand, one a line.
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
}

/// What is answered: a status line's end, more headers, and a body. `None` never answers.
pub(super) type Reply = Option<(&'static str, &'static str, Vec<u8>)>;

pub(super) fn taken() -> Reply {
    Some(("200 OK", "", Vec::new()))
}

type All = Arc<(Mutex<Vec<Seen>>, Condvar)>;

pub(super) struct Collector {
    port: u16,
    all: All,
}

impl Collector {
    /// Takes everything.
    pub(super) fn start() -> Self {
        Self::answering(|_| taken())
    }

    /// Answers the delivery of each number, from 1.
    pub(super) fn answering(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let all = All::default();
        let (reply, seen) = (Arc::new(reply), all.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), reply, seen) = (stream, reply.clone(), seen.clone()) else {
                    return;
                };
                std::thread::spawn(move || serve(stream, reply.as_ref(), &seen));
            }
        });
        Self { port, all }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.all.0.lock().unwrap().clone()
    }

    /// Waits until so many deliveries have arrived; a minute without them is a failure and no wait for ever.
    pub(super) fn wait_for(&self, count: usize) {
        let seen = self.all.0.lock().unwrap();
        let minute = Duration::from_secs(60);
        let enough = self
            .all
            .1
            .wait_timeout_while(seen, minute, |seen| seen.len() < count);
        assert!(
            !enough.unwrap().1.timed_out(),
            "{count} deliveries never arrived"
        );
    }

    pub(super) fn traces(&self) -> Vec<ExportTraceServiceRequest> {
        self.read("/v1/traces", |body| {
            ExportTraceServiceRequest::decode(body).unwrap()
        })
    }

    pub(super) fn metric_requests(&self) -> Vec<ExportMetricsServiceRequest> {
        self.read("/v1/metrics", |body| {
            ExportMetricsServiceRequest::decode(body).unwrap()
        })
    }

    fn read<T: DeserializeOwned>(&self, path: &str, decode: impl Fn(&[u8]) -> T) -> Vec<T> {
        self.seen()
            .iter()
            .filter(|seen| seen.path == path)
            .map(|seen| {
                if seen.headers.contains("content-type: application/json") {
                    serde_json::from_slice(&seen.body).unwrap()
                } else {
                    assert!(
                        seen.headers
                            .contains("content-type: application/x-protobuf")
                    );
                    decode(&seen.body)
                }
            })
            .collect()
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        self.traces()
            .into_iter()
            .flat_map(|request| request.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect()
    }

    /// Of the last collection.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        let last = self.metric_requests().pop().unwrap();
        last.resource_metrics
            .into_iter()
            .flat_map(|resource| resource.scope_metrics)
            .flat_map(|scope| scope.metrics)
            .collect()
    }

    /// Everything that ever arrived, as text.
    pub(super) fn everything(&self) -> String {
        self.seen()
            .iter()
            .map(|seen| {
                let body = String::from_utf8_lossy(&seen.body);
                format!("{}\n{}\n{body}\n", seen.path, seen.headers)
            })
            .collect()
    }
}

fn serve(stream: TcpStream, reply: &impl Fn(usize) -> Reply, all: &All) {
    let mut reader = BufReader::new(stream);
    while let Some(seen) = read(&mut reader) {
        let number = {
            let mut list = all.0.lock().unwrap();
            list.push(seen);
            all.1.notify_all();
            list.len()
        };
        let Some((status, headers, body)) = reply(number) else {
            // Until the other side goes away.
            let _ = reader.read(&mut [0]);
            return;
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
        let stream = reader.get_mut();
        if stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&body))
            .is_err()
        {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = String::new();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name = name.to_ascii_lowercase();
        if name == "content-length" {
            length = value.parse().ok()?;
        }
        headers.push_str(&format!("{name}: {value}\n"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen {
        path,
        headers,
        body,
    })
}

/// An attribute as text; empty when it is not there.
pub(super) fn attribute(attributes: &[KeyValue], name: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == name);
    found
        .map(|attribute| shown(attribute.value.as_ref()))
        .unwrap_or_default()
}

pub(super) fn resource(request: &ExportTraceServiceRequest) -> Vec<KeyValue> {
    request.resource_spans[0]
        .resource
        .clone()
        .unwrap()
        .attributes
}

/// All attributes, by name, with their types.
pub(super) fn listed(attributes: &[KeyValue]) -> String {
    let mut lines: Vec<String> = attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.as_ref();
            let kind = match value.and_then(|value| value.value.as_ref()) {
                Some(Value::StringValue(_)) => "string",
                Some(Value::IntValue(_)) => "int",
                Some(Value::DoubleValue(_)) => "double",
                Some(Value::BoolValue(_)) => "bool",
                Some(Value::ArrayValue(_)) => "array",
                _ => "other",
            };
            format!("{} = {kind} {}", attribute.key, shown(value))
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

fn shown(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(yes)) => yes.to_string(),
        Some(Value::ArrayValue(list)) => {
            let items: Vec<String> = list.values.iter().map(|item| shown(Some(item))).collect();
            format!("[{}]", items.join(", "))
        }
        _ => String::new(),
    }
}
