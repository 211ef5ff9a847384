//! The window over [`understudy_core::workspace::Workspace`], and nothing else: no rule of the product lives here.
//!
//! | module | owns |
//! |---|---|
//! | `commands` | the one table of what the window may ask; names, arguments and replies come from it alone |
//! | `arguments` | what crosses into each command |
//! | [`desk`] | the open workspace, the live runs, and what becomes of them when the window is closed |
//! | [`place`] | which file is opened |
//! | `stream` | events of a run in groups |
//! | [`report`] | errors as the screen gets them |
//! | `window` | the one window, and that it goes nowhere else |
//!
//! Must not know: SQL, providers, files of a prompt set, how anything looks.

mod arguments;
#[cfg(test)]
mod bindings;
mod commands;
pub mod desk;
pub mod place;
pub mod report;
mod stream;
mod window;

pub use desk::Desk;
pub use place::Place;
pub use stream::RunEvents;

use tauri::{Builder, Runtime, WindowEvent};

/// Opens the window and keeps it until it is closed.
pub fn run(desk: Desk) -> tauri::Result<()> {
    let leaving = desk.clone();
    let app = assemble(Builder::default(), desk)
        .setup(|app| window::open(app.handle()).map_err(Into::into))
        .build(tauri::generate_context!())?;
    leaving.hang(window::WindowDoor(app.handle().clone()));
    app.run(move |_, event| match event {
        tauri::RunEvent::WindowEvent {
            event: WindowEvent::CloseRequested { api, .. },
            ..
        } if leaving.closing() => api.prevent_close(),
        tauri::RunEvent::Exit => tauri::async_runtime::block_on(leaving.leave()),
        _ => {}
    });
    Ok(())
}

/// Gives an application its commands and its desk; the window is opened apart, so that tests can do without one.
pub fn assemble<R: Runtime>(builder: Builder<R>, desk: Desk) -> Builder<R> {
    builder.invoke_handler(commands::handler()).manage(desk)
}
