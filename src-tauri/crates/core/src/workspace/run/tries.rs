//! The record of a run: every try of every call.

use crate::host::format_seconds;
use crate::workspace::view::{TryEntry, TryList};
use crate::workspace::{Error, Workspace};

impl Workspace {
    /// Every try of a run, in the order in which they began; `last` is the latest live run.
    pub async fn tries(&self, run: &str, case: Option<&str>) -> Result<TryList, Error> {
        let run = self.run_id(run).await?;
        let runs = self.store.list_runs(None).await?;
        if !runs.iter().any(|known| known.id == run && known.live) {
            return Err(Error::NoLiveRun { run });
        }
        let tries = self.store.tries(&run, case).await?;
        let entries = tries.into_iter().map(|each| TryEntry {
            case: each.case,
            model: each.model,
            repeat: each.repeat,
            passthrough: each.passthrough,
            call: each.call,
            number: each.number,
            at: format_seconds(each.began_millis.div_euclid(1000)),
            request: each.request.map(|digest| digest.to_string()),
            kind: each.kind,
            status: each.status,
            request_id: each.request_id,
            url: each.url,
            sent_headers: each.sent_headers,
            headers: each.headers,
            first_byte_seconds: each.first_byte_seconds,
            first_token_seconds: each.first_token_seconds,
            seconds: each.seconds,
            retry_after_seconds: each.retry_after_seconds,
            // Bytes need not be text: what is none is shown with replacement characters, and kept as it is.
            raw: each
                .raw
                .map(|raw| String::from_utf8_lossy(&raw).into_owned()),
        });
        Ok(TryList {
            run,
            tries: entries.collect(),
        })
    }
}
