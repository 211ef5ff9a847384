//! One trace for a run: a span of the run, and under it one span for every try.
//!
//! A fallback's span links the failed try of the primary at the same case and repeat. Both are asked at once, so the
//! fallback is often over first: its span is held until the primary's try is told of, or the run is over.
//!
//! All that is remembered is bounded, the oldest leaving first: [`PRIMARIES`] tries of primaries (a forgotten one costs
//! a link), [`HELD`] spans of fallbacks (they leave without a link), [`RUNS`] runs (taken to be over).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, Span, SpanLimits};

use super::queue::Entrance;
use super::{attributes, messages, names};
use crate::run::{Part, Tried};

/// Primaries whose last try is remembered.
const PRIMARIES: usize = 4096;
/// Spans of fallbacks that wait for their primary.
const HELD: usize = 256;
/// Runs that are open at once.
const RUNS: usize = 64;

/// Makes spans.
#[derive(Debug)]
pub(super) struct Spans {
    tracer: SdkTracer,
    contents: bool,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    runs: HashMap<String, Run>,
    primaries: HashMap<Place, Primary>,
    /// The primaries, oldest first.
    order: BTreeMap<u64, Place>,
    /// The oldest first.
    held: Vec<Held>,
    /// What the next thing remembered is numbered.
    next: u64,
}

/// Run, prompt, case and repeat.
type Place = (String, String, String, u32);

#[derive(Debug)]
struct Run {
    number: u64,
    span: Span,
    ended: SystemTime,
    attempts: i64,
    failed: i64,
}

/// What came of a primary's last try.
#[derive(Debug)]
struct Primary {
    number: u64,
    failure: Option<Failure>,
}

#[derive(Debug, Clone)]
struct Failure {
    context: SpanContext,
    code: &'static str,
}

/// A span that is over but for its link.
#[derive(Debug)]
struct Held {
    place: Place,
    span: Span,
    ended: SystemTime,
}

impl Spans {
    pub(super) fn new(
        resource: Resource,
        scope: InstrumentationScope,
        entrance: Entrance,
        contents: bool,
    ) -> Self {
        // Sampler and limits are said, or the SDK would ask the environment.
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(Sampler::AlwaysOn)
            .with_span_limits(SpanLimits::default())
            .with_span_processor(entrance)
            .build();
        Self {
            tracer: provider.tracer_with_scope(scope),
            contents,
            memory: Mutex::default(),
        }
    }

    /// Makes the span of a try. `common` are the attributes that measurements have too.
    pub(super) fn add(&self, tried: &Tried<'_>, common: &[KeyValue]) {
        let began = time(tried.began_millis);
        let ended = Duration::try_from_secs_f64(tried.attempt.trace.seconds)
            .ok()
            .and_then(|took| began.checked_add(took))
            .unwrap_or(began);
        let failure = tried.attempt.outcome.as_ref().err();
        let place = (
            tried.run.to_owned(),
            tried.prompt.to_owned(),
            tried.call.case.as_str().to_owned(),
            tried.call.repeat,
        );

        let mut memory = self.memory();
        let parent = memory.enter(tried, began, ended, &self.tracer);
        let mut attributes = common.to_vec();
        attributes.extend(attributes::of_span(tried));
        if self.contents {
            attributes.extend(contents(tried));
        }
        let wire = tried.call.settings.wire;
        let name = format!("{} {}", attributes::operation(wire), tried.call.settings.id);
        let mut span = self.tracer.build_with_context(
            SpanBuilder::from_name(name)
                .with_kind(SpanKind::Client)
                .with_start_time(began)
                .with_attributes(attributes),
            &Context::new().with_remote_span_context(parent),
        );
        if let Some(error) = failure {
            // A provider's own words can repeat the prompt's.
            span.set_status(Status::error(if self.contents {
                error.to_string()
            } else {
                error.kind.to_string()
            }));
        }
        if tried.part == Part::Primary {
            let failure = failure.map(|error| Failure {
                context: span.span_context().clone(),
                code: error.kind.code(),
            });
            span.end_with_timestamp(ended);
            memory.release(&place, failure.as_ref());
            memory.remember(place, failure);
        } else {
            memory.hold(Held { place, span, ended });
        }
    }

    /// Ends a run's span.
    pub(super) fn end(&self, run: &str) {
        let mut memory = self.memory();
        let memory = &mut *memory;
        memory
            .held
            .extract_if(.., |held| held.place.0 == run)
            .for_each(|held| held.end(None));
        memory.primaries.retain(|place, _| place.0 != run);
        memory.order.retain(|_, place| place.0 != run);
        if let Some(run) = memory.runs.remove(run) {
            run.end();
        }
    }

    /// Ends all of them.
    pub(super) fn end_all(&self) {
        let memory = std::mem::take(&mut *self.memory());
        for held in memory.held {
            held.end(None);
        }
        for run in memory.runs.into_values() {
            run.end();
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A half-made entry costs a link at worst.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// Counts a try, and gives the span that it belongs under.
    fn enter(
        &mut self,
        tried: &Tried<'_>,
        began: SystemTime,
        ended: SystemTime,
        tracer: &SdkTracer,
    ) -> SpanContext {
        if !self.runs.contains_key(tried.run) && self.runs.len() >= RUNS {
            let oldest = self.runs.iter().min_by_key(|(_, run)| run.number);
            let oldest = oldest.map(|(id, _)| id.clone());
            if let Some(run) = oldest.and_then(|id| self.runs.remove(&id)) {
                run.end();
            }
        }
        let next = &mut self.next;
        let run = self.runs.entry(tried.run.to_owned()).or_insert_with(|| {
            *next += 1;
            Run::begin(*next, tried, began, tracer)
        });
        run.attempts += 1;
        run.failed += i64::from(tried.attempt.outcome.is_err());
        run.ended = run.ended.max(ended);
        run.span.span_context().clone()
    }

    /// Remembers a primary's last try instead of the one before.
    fn remember(&mut self, place: Place, failure: Option<Failure>) {
        self.next += 1;
        let number = self.next;
        self.order.insert(number, place.clone());
        if let Some(before) = self.primaries.insert(place, Primary { number, failure }) {
            self.order.remove(&before.number);
        }
        if self.primaries.len() > PRIMARIES
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.primaries.remove(&oldest);
        }
    }

    /// Ends a fallback's span if its primary is known, and holds it otherwise.
    fn hold(&mut self, held: Held) {
        if let Some(primary) = self.primaries.get(&held.place) {
            held.end(primary.failure.as_ref());
            return;
        }
        self.held.push(held);
        if self.held.len() > HELD {
            self.held.remove(0).end(None);
        }
    }

    /// Ends the spans that waited for this primary.
    fn release(&mut self, place: &Place, failure: Option<&Failure>) {
        self.held
            .extract_if(.., |held| held.place == *place)
            .for_each(|held| held.end(failure));
    }
}

impl Held {
    fn end(mut self, primary: Option<&Failure>) {
        if let Some(failure) = primary {
            self.span
                .set_attribute(KeyValue::new(names::FALLBACK_REASON, failure.code));
            self.span.add_link(failure.context.clone(), Vec::new());
        }
        self.span.end_with_timestamp(self.ended);
    }
}

impl Run {
    /// The span begins with the first try that is told of: nobody tells when the run did.
    fn begin(number: u64, tried: &Tried<'_>, began: SystemTime, tracer: &SdkTracer) -> Self {
        let span = tracer.build_with_context(
            SpanBuilder::from_name(format!("run {}", tried.prompt))
                .with_kind(SpanKind::Internal)
                .with_start_time(began)
                .with_attributes([
                    KeyValue::new(names::RUN, tried.run.to_owned()),
                    KeyValue::new(names::PROMPT_NAME, tried.prompt.to_owned()),
                ]),
            &Context::new(),
        );
        Self {
            number,
            span,
            ended: began,
            attempts: 0,
            failed: 0,
        }
    }

    fn end(mut self) {
        self.span
            .set_attribute(KeyValue::new(names::ATTEMPTS, self.attempts));
        self.span
            .set_attribute(KeyValue::new(names::FAILED_ATTEMPTS, self.failed));
        self.span.end_with_timestamp(self.ended);
    }
}

fn time(millis: i64) -> SystemTime {
    let since = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}

/// What was said, as JSON text.
fn contents(tried: &Tried<'_>) -> Vec<KeyValue> {
    let said = messages::said(tried.call.settings.wire, &tried.call.request.body);
    let answer = attributes::answer(tried).map(messages::answered);
    [
        (names::SYSTEM_INSTRUCTIONS, said.system),
        (names::INPUT_MESSAGES, said.messages),
        (names::OUTPUT_MESSAGES, answer.into_iter().collect()),
        (names::TOOL_DEFINITIONS, said.tools),
    ]
    .into_iter()
    .filter(|(_, list)| !list.is_empty())
    .map(|(name, list)| {
        let text = serde_json::Value::Array(list).to_string();
        KeyValue::new(name, Value::from(text))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::queue::Queue;
    use super::super::tests::{Try, failure};
    use super::*;
    use crate::model::ErrorKind;

    fn spans() -> Spans {
        let resource = Resource::builder_empty().build();
        let scope = InstrumentationScope::builder("t").build();
        Spans::new(resource, scope, Entrance(Queue::new()), false)
    }

    #[test]
    fn only_so_many_primaries_are_remembered() {
        let spans = spans();
        let most = u32::try_from(PRIMARIES).unwrap();
        let fail = |repeat| {
            let told = Try::primary(failure(ErrorKind::Server)).repeat(repeat);
            told.with(|tried| spans.add(tried, &[]));
        };
        (1..=most).for_each(fail);
        // Known already: it takes no more room, and is the youngest now.
        fail(1);
        fail(most + 1);
        {
            let memory = spans.memory();
            let lengths = (memory.primaries.len(), memory.order.len());
            assert_eq!(lengths, (PRIMARIES, PRIMARIES));
            let mut left: Vec<u32> = memory.primaries.keys().map(|place| place.3).collect();
            left.sort_unstable();
            assert_eq!(left[..2], [1, 3], "the oldest went, which was the second");
        }
        spans.end("r1");
        let memory = spans.memory();
        assert_eq!((memory.primaries.len(), memory.order.len()), (0, 0));
    }

    #[test]
    fn only_so_many_fallbacks_wait() {
        let spans = spans();
        let most = u32::try_from(HELD).unwrap();
        for repeat in 0..=most {
            let told = Try::fallback(failure(ErrorKind::Server)).repeat(repeat);
            told.with(|tried| spans.add(tried, &[]));
        }
        let memory = spans.memory();
        assert_eq!(memory.held.len(), HELD);
        assert_eq!(memory.held[0].place.3, 1, "the oldest left");
    }

    #[test]
    fn only_so_many_runs_are_open() {
        let spans = spans();
        for run in 0..=RUNS {
            let told = Try::primary(failure(ErrorKind::Server)).run(format!("r{run}"));
            told.with(|tried| spans.add(tried, &[]));
        }
        let memory = spans.memory();
        assert_eq!(memory.runs.len(), RUNS);
        assert!(!memory.runs.contains_key("r0"));
    }
}
