//! The one window, and that it shows nothing but this program: no other page, no second window.

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Runtime, Url, WebviewWindowBuilder};

use crate::desk::Door;

/// The windows and the program, as far as leaving goes.
pub(crate) struct WindowDoor<R: Runtime>(pub(crate) AppHandle<R>);

impl<R: Runtime> Door for WindowDoor<R> {
    fn hide(&self) {
        for window in self.0.webview_windows().values() {
            // A window that cannot be hidden only stays in sight.
            if let Err(error) = window.hide() {
                tracing::warn!(%error, "the window could not be hidden");
            }
        }
    }

    fn shut(&self) {
        self.0.exit(0);
    }
}

/// Opens each window the configuration names.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<()> {
    let screen = app.primary_monitor()?.map(|monitor| {
        let size = monitor
            .work_area()
            .size
            .to_logical::<f64>(monitor.scale_factor());
        (size.width, size.height)
    });
    for config in &app.config().app.windows {
        let (width, height) = fitted((config.width, config.height), screen);
        WebviewWindowBuilder::from_config(app, config)?
            .inner_size(width, height)
            .on_navigation(is_ours)
            .on_new_window(|_, _| NewWindowResponse::Deny)
            .build()?;
    }
    Ok(())
}

/// A window no larger than the screen: without a window manager that does it, the right edge would be out of reach.
fn fitted(wanted: (f64, f64), screen: Option<(f64, f64)>) -> (f64, f64) {
    match screen {
        Some((width, height)) if width > 0.0 && height > 0.0 => {
            (wanted.0.min(width), wanted.1.min(height))
        }
        _ => wanted,
    }
}

/// Model output is hostile text: were it ever drawn as a link, the link must lead nowhere.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Where the platform has no schemes of its own.
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        "about" => url.as_str() == "about:blank",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_fits_the_screen() {
        let wanted = (1440.0, 900.0);
        assert_eq!(fitted(wanted, Some((1280.0, 800.0))), (1280.0, 800.0));
        assert_eq!(fitted(wanted, Some((1920.0, 1080.0))), wanted);
        assert_eq!(fitted(wanted, Some((0.0, 0.0))), wanted);
        assert_eq!(fitted(wanted, None), wanted);
    }

    #[test]
    fn only_the_embedded_pages_are_ours() {
        for (url, ours) in [
            ("tauri://localhost/index.html", true),
            ("http://tauri.localhost/", true),
            ("about:blank", true),
            ("tauri://elsewhere/", false),
            ("https://example.com/", false),
            ("http://tauri.localhost.example.com/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,hello", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(is_ours(&Url::parse(url).unwrap()), ours, "{url}");
        }
    }
}
