//! Keys the client can name exactly.
//!
//! S3's keys are any text; object_store's paths are not: they have no empty, `.` or `..` segment, no
//! control character, and no slash at either end. Asking for a key like that would ask for another
//! object, so it isn't asked for at all.

use forebay_types::{Error, ErrorKind, Result};
use object_store::path::Path;

/// S3's own limit, in bytes.
const LONGEST: usize = 1024;

/// The path that stands for `key`, byte for byte.
///
/// # Errors
/// `Unsupported` where there is none; `shown` is how the error names the object.
pub(super) fn path_of(key: &str, operation: &'static str, shown: &str) -> Result<Path> {
    let unsupported = |reason: &str| {
        Error::new(
            ErrorKind::Unsupported,
            operation,
            shown,
            format!("{reason}; read it through the wrapped file system"),
        )
    };
    if key.len() > LONGEST {
        return Err(unsupported("the key is longer than S3's 1024 bytes"));
    }
    match Path::parse(key) {
        Ok(path) if !key.is_empty() && path.as_ref() == key => Ok(path),
        Ok(_) => Err(unsupported("a key that is empty or begins or ends with '/' can't be named")),
        Err(cause) => Err(unsupported(
            "a key with an empty, '.' or '..' segment or a control character can't be named",
        )
        .with_source(cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_and_odd_keys_are_kept_byte_for_byte() {
        let longest = format!("{}/{}", "d".repeat(512), "f".repeat(511));
        for key in
            ["a", "a/b=1/c d.parquet", "%2F", "a%20b+c", "ü/日本", "...", "a~b'()*", &longest]
        {
            assert_eq!(path_of(key, "fetch", key).unwrap().as_ref(), key);
        }
    }

    #[test]
    fn a_key_that_would_name_another_object_is_refused() {
        let long = "k".repeat(1025);
        for key in [
            "", "/", "/a", "a/", "a//b", "//", ".", "..", "a/./b", "a/../b", "a/..", "a\nb",
            "\u{7f}", "a\0", &long,
        ] {
            let kind = path_of(key, "fetch", key).map_err(|error| error.kind());
            assert_eq!(kind, Err(ErrorKind::Unsupported), "{key:?}");
        }
    }
}
