//! One error = kind + operation + path + message + source.
//!
//! Callers decide by [`ErrorKind`] alone; nothing, in Rust or in Java, reads a message's text. The
//! numeric codes cross the JNI boundary and are mapped to Hadoop's exception classes by one table in
//! `NativeFailures.java`; a test there walks [`ErrorKind::ALL`], so that a new kind cannot be
//! forgotten.

use std::fmt;
use std::sync::Arc;

/// The result of anything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as far as a caller may act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The object does not exist.
    NotFound,
    /// The store refused these credentials.
    AccessDenied,
    /// The object is no longer the version this reader pinned.
    Changed,
    /// A read began beyond the end of the object.
    EndOfFile,
    /// The calling thread was interrupted.
    Interrupted,
    /// A deadline passed.
    TimedOut,
    /// The handle was closed, or never existed.
    Closed,
    /// The caller asked for something that makes no sense.
    InvalidArgument,
    /// This origin cannot do what was asked; another way must be taken.
    Unsupported,
    /// The store, or the way to it, failed.
    Origin,
    /// A bug of ours.
    Internal,
    /// The object exists, and was not to be replaced.
    AlreadyExists,
}

impl ErrorKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [ErrorKind; 12] = [
        ErrorKind::NotFound,
        ErrorKind::AccessDenied,
        ErrorKind::Changed,
        ErrorKind::EndOfFile,
        ErrorKind::Interrupted,
        ErrorKind::TimedOut,
        ErrorKind::Closed,
        ErrorKind::InvalidArgument,
        ErrorKind::Unsupported,
        ErrorKind::Origin,
        ErrorKind::Internal,
        ErrorKind::AlreadyExists,
    ];

    /// The number that stands for this kind at the JNI boundary.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            ErrorKind::NotFound => 1,
            ErrorKind::AccessDenied => 2,
            ErrorKind::Changed => 3,
            ErrorKind::EndOfFile => 4,
            ErrorKind::Interrupted => 5,
            ErrorKind::TimedOut => 6,
            ErrorKind::Closed => 7,
            ErrorKind::InvalidArgument => 8,
            ErrorKind::Unsupported => 9,
            ErrorKind::Origin => 10,
            ErrorKind::Internal => 11,
            ErrorKind::AlreadyExists => 12,
        }
    }

    /// The name Java's table of kinds uses, in upper snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "NOT_FOUND",
            ErrorKind::AccessDenied => "ACCESS_DENIED",
            ErrorKind::Changed => "CHANGED",
            ErrorKind::EndOfFile => "END_OF_FILE",
            ErrorKind::Interrupted => "INTERRUPTED",
            ErrorKind::TimedOut => "TIMED_OUT",
            ErrorKind::Closed => "CLOSED",
            ErrorKind::InvalidArgument => "INVALID_ARGUMENT",
            ErrorKind::Unsupported => "UNSUPPORTED",
            ErrorKind::Origin => "ORIGIN",
            ErrorKind::Internal => "INTERNAL",
            ErrorKind::AlreadyExists => "ALREADY_EXISTS",
        }
    }

    /// Whether the same request may succeed if it is simply made again.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        match self {
            ErrorKind::TimedOut | ErrorKind::Origin => true,
            ErrorKind::NotFound
            | ErrorKind::AccessDenied
            | ErrorKind::Changed
            | ErrorKind::EndOfFile
            | ErrorKind::Interrupted
            | ErrorKind::Closed
            | ErrorKind::InvalidArgument
            | ErrorKind::Unsupported
            | ErrorKind::Internal
            | ErrorKind::AlreadyExists => false,
        }
    }
}

type Source = Arc<dyn std::error::Error + Send + Sync + 'static>;

#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    operation: &'static str,
    path: String,
    message: String,
    source: Option<Source>,
}

/// A failure, cheap to move and to clone.
#[derive(Debug, Clone)]
pub struct Error(Arc<Parts>);

impl Error {
    /// An error of `kind` that happened while `operation` was done to `path`.
    ///
    /// `message` is lower case, ends without a full stop, and says what to do where that is known.
    #[must_use]
    pub fn new(
        kind: ErrorKind,
        operation: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Error(Arc::new(Parts {
            kind,
            operation,
            path: path.into(),
            message: message.into(),
            source: None,
        }))
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Error(Arc::new(Parts {
            kind: self.0.kind,
            operation: self.0.operation,
            path: self.0.path.clone(),
            message: self.0.message.clone(),
            source: Some(Arc::new(source)),
        }))
    }

    /// What callers decide by.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was being done, such as `read` or `open`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The object, file or key it was done to.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What happened, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.operation, self.0.path, self.0.message)?;
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_positions_in_all() {
        for (index, kind) in ErrorKind::ALL.iter().enumerate() {
            assert_eq!(usize::try_from(kind.code()).unwrap(), index + 1, "{kind:?}");
        }
    }

    #[test]
    fn an_error_reads_as_one_sentence_with_its_causes() {
        let cause = std::io::Error::other("connection reset");
        let error = Error::new(ErrorKind::Origin, "read", "s3a://b/k", "the store did not answer")
            .with_source(cause);
        assert_eq!(error.to_string(), "read s3a://b/k: the store did not answer: connection reset");
        assert_eq!(error.clone().kind(), ErrorKind::Origin);
    }
}
