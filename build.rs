//! Names the embedded styles and scripts by their content; refuses to build without them.

use std::hash::{DefaultHasher, Hash, Hasher};

fn main() {
    let mut hasher = DefaultHasher::new();
    let fonts = ["regular", "italic", "bold", "bold-italic"];
    let fonts = fonts.map(|face| format!("fonts/serif-{face}.ttf"));
    let scripts = ["app.css", "app.js", "editor.js"].map(str::to_owned);
    for name in scripts.into_iter().chain(fonts) {
        let path = format!("assets/dist/{name}");
        println!("cargo::rerun-if-changed={path}");
        let Ok(bytes) = std::fs::read(&path) else {
            println!("cargo::error={path} yok: önce `npm ci && npm run build`");
            return;
        };
        bytes.hash(&mut hasher);
    }
    println!("cargo::rustc-env=DYS_ASSET_HASH={:016x}", hasher.finish());
}
