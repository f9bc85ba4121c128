//! The JNI surface: `NativeEngine` starts the process's engine and reads its metrics, notes and
//! log, `NativeStore` opens and closes a store and hands it credentials, `NativeFile` opens, reads,
//! plans, fills and closes one file, `NativeInquiry` asks what a file is. `NativeCall` lists, copies, deletes
//! and writes objects, `NativeUpload` writes one file. `NativeCacheTool` looks at, checks and changes cache directories
//! for the operator's tool.
//!
//! One file here mirrors one Java class of `io.forebay.jni`, with the same verbs in the same order.
//! An entry decodes its arguments ([`decode`]), calls the engine, and encodes the answer
//! ([`encode`]); the copy loops are in [`transfer`]. There is no other logic.
//!
//! Invariants:
//! - No thread of ours calls Java, attaches itself, or keeps a reference to a Java object.
//! - Java holds ids ([`handles`]), never addresses. No number from Java is trusted.
//! - Every failure leaves as a `NativeException` ([`policy`]), panics included ([`panics`]).
//! - A forked child begins with nothing ([`process`]). Loading starts no thread and opens no file.
//! - The library exports `Java_io_forebay_jni_*` and `JNI_OnLoad`, nothing else.

mod decode;
mod encode;
mod handles;
mod native_cache_tool;
mod native_call;
mod native_engine;
mod native_file;
mod native_inquiry;
mod native_store;
mod native_upload;
mod panics;
mod policy;
mod process;
mod transfer;

#[cfg(feature = "hostile")]
pub use native_file::hostile;

use std::ffi::c_void;
use std::panic::catch_unwind;
use std::sync::Once;

use jni::JavaVM;
use jni::sys::{JNI_ERR, JNI_VERSION_1_8, jint};

/// Called once by the JVM when a class loader loads this library; asks for Java 8.
///
/// # Safety
/// Only the JVM calls it, with a pointer to itself.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn JNI_OnLoad(
    vm: *mut jni::sys::JavaVM,
    _reserved: *mut c_void,
) -> jint {
    static REPORTING: Once = Once::new();
    let prepared = catch_unwind(|| {
        // SAFETY: the caller is the JVM, and passes a pointer to itself that stays valid.
        let _singleton = unsafe { JavaVM::from_raw(vm) };
        process::watch_forks();
        REPORTING.call_once(panics::report_to_log);
    });
    // A JVM that doesn't know this version refuses the library with an UnsatisfiedLinkError.
    if prepared.is_ok() { JNI_VERSION_1_8 } else { JNI_ERR }
}
