//! Names the embedded styles and scripts by their content; refuses to build without them.

use std::hash::{DefaultHasher, Hash, Hasher};

fn main() {
    let mut hasher = DefaultHasher::new();
    for name in ["app.css", "app.js", "editor.js"] {
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
