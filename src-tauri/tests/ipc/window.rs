//! A window without a screen: the real commands behind Tauri's own message door.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponse, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;
use tauri::{App, WebviewWindow, WebviewWindowBuilder};
use understudy_core::host::{Host, System};
use understudy_desktop::{Desk, Place, assemble};

/// The real clock, and an environment that holds an author and two keys.
#[derive(Debug)]
pub(crate) struct World;

impl Host for World {
    fn now_millis(&self) -> i64 {
        System.now_millis()
    }
    fn new_id(&self) -> String {
        System.new_id()
    }
    fn env(&self, name: &str) -> Option<String> {
        let value = match name {
            "UNDERSTUDY_AUTHOR" => "ada",
            "ANTHROPIC_API_KEY" | "OPENAI_API_KEY" => "sk-loopback",
            _ => return None,
        };
        Some(value.to_owned())
    }
}

pub(crate) struct Window {
    /// Keeps the application alive.
    _app: App<MockRuntime>,
    webview: WebviewWindow<MockRuntime>,
    folder: PathBuf,
    asked: Mutex<BTreeSet<String>>,
    /// Messages of any channel, in the order in which they were sent.
    events: Mutex<Receiver<Value>>,
}

/// An answer that may take its time.
pub(crate) struct Pending(Receiver<Result<Value, Value>>);

impl Pending {
    pub(crate) fn wait(self) -> Result<Value, Value> {
        self.0.recv().unwrap()
    }
}

impl Window {
    /// A window over `file` inside `folder`, which is made the sample when nothing is there and `make_sample`.
    pub(crate) fn open(folder: &Path, file: &str, make_sample: bool) -> Self {
        let place = Place {
            file: folder.join(file),
            make_sample,
            keys: folder.join("keys"),
        };
        let (sender, events) = channel();
        let builder = mock_builder().channel_interceptor(move |_, _, _, body| {
            let InvokeResponseBody::Json(text) = body else {
                panic!("events cross as JSON");
            };
            // Nobody may be reading any more when a test ends.
            let _ = sender.send(serde_json::from_str(text).unwrap());
            true
        });
        let app = assemble(builder, Desk::new(place, Arc::new(World)))
            .build(mock_context(noop_assets()))
            .unwrap();
        let webview = WebviewWindowBuilder::new(&app, "main", Default::default())
            .build()
            .unwrap();
        Self {
            _app: app,
            webview,
            folder: folder.to_owned(),
            asked: Mutex::default(),
            events: Mutex::new(events),
        }
    }

    /// The sample in a folder of its own.
    pub(crate) fn on_sample(folder: &Path) -> Self {
        Self::open(folder, "workspace.understudy", true)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Commands asked so far.
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn ask(&self, command: &str, args: Value) -> Result<Value, Value> {
        self.send(command, json!({ "args": args })).wait()
    }

    /// For commands without arguments.
    pub(crate) fn get(&self, command: &str) -> Result<Value, Value> {
        self.send(command, json!({})).wait()
    }

    /// Begins a command that reports while it works.
    pub(crate) fn begin(&self, command: &str, args: Value) -> Pending {
        self.send(command, json!({ "args": args, "channel": "__CHANNEL__:7" }))
    }

    /// The next message of a channel.
    pub(crate) fn message(&self) -> Value {
        self.events.lock().unwrap().recv().unwrap()
    }

    /// All messages that have come so far.
    pub(crate) fn messages(&self) -> Vec<Value> {
        self.events.lock().unwrap().try_iter().collect()
    }

    pub(crate) fn send(&self, command: &str, payload: Value) -> Pending {
        self.send_from("tauri://localhost", command, payload)
    }

    pub(crate) fn send_from(&self, page: &str, command: &str, payload: Value) -> Pending {
        self.asked.lock().unwrap().insert(command.to_owned());
        let (sender, receiver) = channel();
        let webview: &tauri::Webview<MockRuntime> = self.webview.as_ref();
        webview.clone().on_message(
            InvokeRequest {
                cmd: command.to_owned(),
                callback: CallbackFn(0),
                error: CallbackFn(1),
                url: page.parse().unwrap(),
                body: InvokeBody::Json(payload),
                headers: Default::default(),
                invoke_key: INVOKE_KEY.to_owned(),
            },
            Box::new(move |_, _, response, _, _| {
                let reply = match response {
                    InvokeResponse::Ok(body) => Ok(body.deserialize().unwrap()),
                    InvokeResponse::Err(error) => Err(error.0),
                };
                sender.send(reply).unwrap();
            }),
        );
        Pending(receiver)
    }
}
