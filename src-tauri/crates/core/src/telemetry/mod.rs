//! Telemetry: what a run does, told to a collector of the user's own by OTLP, and to nobody unless one is named.
//!
//! Owns the reading of the standard variables, the spans and histograms of the OpenTelemetry conventions for
//! generative AI (v1.41, [`names`]), and the one thread that carries them. It must not know plans, cells or the
//! database: it is an [`Observer`] and hears of every try when it is over.
//!
//! ```text
//! run --tried--> Telemetry --spans--> Queue --> courier's thread --Post--> collector
//!                          `--histograms--^
//! ```
//!
//! Nothing here blocks or fails a run: the queue is bounded and drops with a count, trouble on the way is one warning
//! in the log. Texts leave only when asked for. Nothing is global, so two workspaces in one process have telemetry of
//! their own. The SDK makes spans and histograms; its exporter crate is not used, because that reads the environment
//! by itself, follows redirects with its headers, and waits for its own HTTP client.
//!
//! Deliberately absent: logs, which stay in `tracing`; events; sampling, because a run is small and each try was paid
//! for; and compression.

mod attributes;
mod courier;
mod error;
mod messages;
mod meters;
mod names;
mod queue;
mod settings;
mod spans;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;

use courier::{Courier, Route};
use meters::Meters;
use queue::{Entrance, Queue};
use settings::{Settings, Target};
use spans::Spans;

use crate::host::Host;
use crate::model::{Post, PostError, Proxies};
use crate::run::{Observer, Tried};

pub use error::TelemetryError;

/// How long the end may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Telemetry that is on.
///
/// Call [`Telemetry::shutdown`] before the program ends, or what has not left yet is lost.
#[derive(Debug)]
pub struct Telemetry {
    spans: Option<Spans>,
    meters: Option<Meters>,
    queue: Arc<Queue>,
    /// Closed when the courier has gone home; `None` once somebody has waited for it.
    home: Mutex<Option<Receiver<()>>>,
}

impl Telemetry {
    /// Telemetry as the standard variables of OpenTelemetry ask for it. `None`, and nothing is built, without
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` or one of a signal's own, or with `OTEL_SDK_DISABLED=true`.
    ///
    /// Nothing is sent here; whether the collector can be reached shows later, in the log. An error is a variable that
    /// cannot be followed.
    pub fn from_host(host: &dyn Host) -> Result<Option<Self>, TelemetryError> {
        let Some(settings) = Settings::from_host(host)? else {
            return Ok(None);
        };
        let queue = Queue::new();
        let resource = resource(&settings, host);
        let route = |target: &Option<Target>| {
            let Some(target) = target else {
                return Ok(None);
            };
            Route::to(target, settings.proxies.clone()).map(Some)
        };
        let courier = Courier {
            queue: queue.clone(),
            traces: route(&settings.traces)?,
            metrics: route(&settings.metrics)?,
            resource: ResourceAttributesWithSchema::from(&resource),
            warned: false,
        };
        let home = send_off(courier)?;
        let scope = InstrumentationScope::builder(names::SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(names::SCHEMA_URL)
            .build();
        let spans = settings.traces.is_some().then(|| {
            let entrance = Entrance(queue.clone());
            Spans::new(resource.clone(), scope.clone(), entrance, settings.contents)
        });
        let meters = settings.metrics.as_ref().map(|target| {
            let queue = queue.clone();
            Meters::new(resource, scope, queue, target.encoding, settings.delta)
        });
        tracing::debug!(
            traces = spans.is_some(),
            metrics = meters.is_some(),
            contents = settings.contents,
            "telemetry on"
        );
        Ok(Some(Self {
            spans,
            meters,
            queue,
            home: Mutex::new(Some(home)),
        }))
    }

    /// Sends what waits, and ends. Waits for the collector, but no longer than five seconds; blocks the thread, so a
    /// window calls it from one of its own. A second call does nothing.
    pub fn shutdown(&self) {
        let home = {
            let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
            home.take()
        };
        let Some(home) = home else { return };
        if let Some(spans) = &self.spans {
            spans.end_all();
        }
        if let Some(meters) = &self.meters {
            meters.end();
        }
        self.queue.close();
        let late = matches!(home.recv_timeout(PATIENCE), Err(RecvTimeoutError::Timeout));
        tracing::debug!(late, lost = self.lost(), "telemetry over");
    }

    /// Spans that were dropped: the queue was full, or the collector did not take them.
    pub fn lost(&self) -> u64 {
        self.queue.lost()
    }
}

impl Observer for Telemetry {
    fn tried(&self, tried: Tried<'_>) {
        let common = attributes::common(&tried);
        if let Some(spans) = &self.spans {
            spans.add(&tried, &common);
        }
        if let Some(meters) = &self.meters {
            meters.count(&tried, &common);
        }
    }

    fn ended(&self, run: &str) {
        if let Some(spans) = &self.spans {
            spans.end(run);
        }
        self.queue.hasten();
    }
}

impl Drop for Telemetry {
    /// The courier takes what waits and goes; nobody waits for it.
    fn drop(&mut self) {
        if let Some(spans) = &self.spans {
            spans.end_all();
        }
        self.queue.close();
    }
}

impl Route {
    fn to(target: &Target, proxies: Proxies) -> Result<Self, TelemetryError> {
        let variable = target.variable;
        let post = Post::new(&target.url, &target.headers, proxies, target.timeout);
        let post = post.map_err(|error| match error {
            PostError::Header => TelemetryError::Pairs {
                variable: target.headers_variable,
            },
            PostError::Address { reason } | PostError::Broken { reason } => {
                TelemetryError::Endpoint { variable, reason }
            }
        })?;
        Ok(Self {
            post,
            encoding: target.encoding,
        })
    }
}

/// Who sends. Said in full, because the SDK's own defaults ask the environment.
fn resource(settings: &Settings, host: &dyn Host) -> Resource {
    let fixed = [
        ("service.name", names::SCOPE.to_owned()),
        ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
        // Runs of the command line are processes of seconds: without it, their counters would look like one that
        // jumps back.
        ("service.instance.id", host.new_id()),
    ];
    let given = &settings.resource;
    let attributes = fixed
        .into_iter()
        .filter(|(name, _)| !given.contains_key(*name))
        .map(|(name, value)| KeyValue::new(name, value))
        .chain(
            given
                .iter()
                .map(|(name, value)| KeyValue::new(name.clone(), value.clone())),
        );
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(attributes)
        .build()
}

/// Starts the courier's thread. What is received from ends when it does.
fn send_off(courier: Courier) -> Result<Receiver<()>, TelemetryError> {
    // A runtime of its own: the run's can be busy, stopped, or the very thread that waits for the end.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (working, home) = mpsc::channel::<()>();
    let log = tracing::dispatcher::get_default(Clone::clone);
    std::thread::Builder::new()
        .name("telemetry".to_owned())
        .spawn(move || {
            // Dropped at the end, and by a panic too.
            let _working = working;
            tracing::dispatcher::with_default(&log, || runtime.block_on(courier.work()));
        })?;
    Ok(home)
}

#[cfg(test)]
mod tests;
