//! Where a panic is reported: the log, not the host's standard error.
//!
//! Every panic of ours is caught, by an entry's policy or by the runtime, and is one task's failure.
//! The hook puts its message and place into the log that Java drains. A panic of a thread that is
//! neither Java's nor named `forebay…` isn't ours to silence and goes to the hook that was there.

use std::panic::{PanicHookInfo, set_hook, take_hook};

use jni::JavaVM;

pub(crate) fn report_to_log() {
    let previous = take_hook();
    set_hook(Box::new(move |panic| if is_ours() { report(panic) } else { previous(panic) }));
}

fn is_ours() -> bool {
    let of_java = JavaVM::singleton().and_then(|vm| vm.is_thread_attached()).unwrap_or(false);
    of_java || std::thread::current().name().is_some_and(|name| name.starts_with("forebay"))
}

fn report(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name().unwrap_or("of Java"), "panic: {message}");
}
