//! How the library is linked.
//!
//! `nodelete`: a JVM closes a library when its class loader is collected, but the runtime's threads,
//! and the destructors of thread locals, would go on running in it.
//!
//! Some dependencies export C functions of their own, which must not meet those of another library in
//! the process: `exclude-libs` hides them. The linker of releases, zig's, doesn't know it, but takes
//! the last of several version scripts, so there ours names what is exported.

use std::path::PathBuf;

const EXPORTED: &str = "{ global: JNI_OnLoad; Java_io_forebay_*; local: *; };\n";

fn main() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    let linker = std::env::var("RUSTC_LINKER").unwrap_or_default();
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from);
    match out.filter(|_| linker.contains("zigcc")).map(|out| out.join("exported.map")) {
        None => println!("cargo::rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL"),
        Some(map) => {
            // Without the file the linker says what is missing.
            let _ = std::fs::write(&map, EXPORTED);
            println!("cargo::rustc-cdylib-link-arg=-Wl,--version-script={}", map.display());
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
}
