//! What an answer tells of an object's encryption.
//!
//! A HEAD of an object that is encrypted with a key of the key service is answered to everybody who may
//! read the bucket, its bytes are given only to those who may use the key as well. So for such an object
//! only bytes prove the right to read it.

use object_store::HeaderMap;

use crate::ask::single;

/// Who may read an object, as far as an answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Whoever the store answers a HEAD.
    Open,
    /// Who may also use a key of the key service.
    ByKey,
    /// The answer does not say.
    Unknown,
}

impl Encryption {
    /// A HEAD and a GET name the kind of encryption where there is one; an answer of 304 need not.
    pub(super) fn of(status: u16, headers: &HeaderMap) -> Encryption {
        const NAME: &str = "x-amz-server-side-encryption";
        match single(headers, NAME) {
            Some("AES256") => Encryption::Open,
            None if !headers.contains_key(NAME) && matches!(status, 200 | 206) => Encryption::Open,
            None if !headers.contains_key(NAME) => Encryption::Unknown,
            // aws:kms, aws:kms:dsse, and whatever comes after them.
            Some(_) | None => Encryption::ByKey,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_take_no_key_is_open() {
        for (status, value, expected) in [
            (200, None, Encryption::Open),
            (206, Some("AES256"), Encryption::Open),
            (304, None, Encryption::Unknown),
            (304, Some("AES256"), Encryption::Open),
            (200, Some("aws:kms"), Encryption::ByKey),
            (206, Some("aws:kms:dsse"), Encryption::ByKey),
            (304, Some("aws:fsx"), Encryption::ByKey),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert("x-amz-server-side-encryption", value.parse().unwrap());
            }
            assert_eq!(Encryption::of(status, &headers), expected, "{status} {value:?}");
        }
    }
}
