//! Prepares what Tauri reads at compile time, and makes sure that there is a window to embed.

use std::path::Path;

const WINDOW: &str = "../ui/dist/index.html";

/// Stands in until the window is built, so that checking and testing this crate needs no Node.
const PLACEHOLDER: &str = "\
<!doctype html>
<html lang=\"en\">
  <meta charset=\"utf-8\">
  <title>Understudy</title>
  <p>The window is not built yet: run <code>make run</code> to build it.</p>
</html>
";

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed={WINDOW}");
    let window = Path::new(WINDOW);
    if !window.exists() {
        if let Some(folder) = window.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(window, PLACEHOLDER)?;
    }
    tauri_build::build();
    Ok(())
}
