//! How the library is linked.
//!
//! `nodelete`: a JVM closes a library when its class loader is collected, but the runtime's threads,
//! and the destructors of thread locals, would go on running in it.
//!
//! `exclude-libs`: some dependencies export C functions of their own, which must not meet those of
//! another library in the process.

fn main() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo::rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");
    println!("cargo::rerun-if-changed=build.rs");
}
