//! How every failure of an entry reaches Java: as one `io.forebay.jni.NativeException`.
//!
//! An engine error keeps its kind, operation, path and message. A failed JNI call and a panic are
//! bugs of ours and become kind `INTERNAL`. An exception that Java itself has raised meanwhile, such
//! as an `OutOfMemoryError` for a string, is left as it is. The panic has been reported by the hook
//! of [`crate::panics`] before it comes here.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use forebay_types::{Error, ErrorKind};
use jni::errors::ErrorPolicy;
use jni::objects::{JThrowable, JValue};
use jni::strings::JNIString;
use jni::{Env, jni_sig, jni_str};

/// What an entry can fail with.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Anything below the boundary.
    Engine(Error),
    /// The boundary itself.
    Java(jni::errors::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Engine(error)
    }
}

impl From<jni::errors::Error> for Failure {
    fn from(error: jni::errors::Error) -> Failure {
        Failure::Java(error)
    }
}

/// The result of an entry.
pub(crate) type Answer<T> = Result<T, Failure>;

/// An error about what Java passed in.
pub(crate) fn bad_argument(operation: &'static str, message: impl Into<String>) -> Failure {
    Error::new(ErrorKind::InvalidArgument, operation, "", message).into()
}

/// The one policy of all entries.
pub(crate) struct ThrowNativeException;

impl<T: Default> ErrorPolicy<T, Failure> for ThrowNativeException {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        failure: Failure,
    ) -> jni::errors::Result<T> {
        match failure {
            Failure::Engine(error) => throw(env, &error),
            Failure::Java(error) => throw(env, &internal(format!("a JNI call failed: {error}"))),
        }
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        throw(env, &internal(format!("panic: {}", text_of(payload))));
        Ok(T::default())
    }
}

fn internal(what: String) -> Error {
    let message = what + "; this is a bug in forebay, please report it with the log";
    Error::new(ErrorKind::Internal, "native call", "", message)
}

/// The panic's message. Dropping a payload may itself panic; such a one is leaked.
fn text_of(payload: Box<dyn Any + Send>) -> String {
    let text = match payload.downcast_ref::<&'static str>() {
        Some(text) => (*text).to_owned(),
        None => payload.downcast_ref::<String>().cloned().unwrap_or_else(|| "no message".into()),
    };
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
    text
}

/// The message with the messages of what caused it.
fn message_of(error: &Error) -> String {
    let mut message = error.message().to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    message
}

fn throw(env: &mut Env<'_>, error: &Error) {
    if env.exception_check() {
        return;
    }
    // Throwing reports itself as an error, as does failing to; what counts is what is pending.
    if throw_native_exception(env, error).is_err() && env.exception_check() {
        return;
    }
    // An entry must never return its default as if it were an answer.
    let _ = env.throw_new(jni_str!("java/io/IOException"), JNIString::new(error.to_string()));
}

fn throw_native_exception(env: &mut Env<'_>, error: &Error) -> jni::errors::Result<()> {
    // Found through the loader of the Java class whose method called us: no reference is kept.
    let class = env.find_class(jni_str!("io/forebay/jni/NativeException"))?;
    let operation = env.new_string(error.operation())?;
    let path = env.new_string(error.path())?;
    let message = env.new_string(message_of(error))?;
    let exception = env.new_object(
        &class,
        jni_sig!("(ILjava/lang/String;Ljava/lang/String;Ljava/lang/String;)V"),
        &[
            JValue::Int(error.kind().code()),
            JValue::Object(&operation),
            JValue::Object(&path),
            JValue::Object(&message),
        ],
    )?;
    let exception = env.cast_local::<JThrowable<'_>>(exception)?;
    env.throw(exception)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_its_causes() {
        let error = Error::new(ErrorKind::Origin, "read", "s3://b/k", "the store did not answer")
            .with_source(std::io::Error::other("connection reset"));
        assert_eq!(message_of(&error), "the store did not answer: connection reset");
    }

    #[test]
    fn a_panic_payload_of_any_sort_becomes_text() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        assert_eq!(text_of(Box::new("plain")), "plain");
        assert_eq!(text_of(Box::new(String::from("formatted"))), "formatted");
        assert_eq!(text_of(Box::new(Bomb)), "no message");
    }
}
