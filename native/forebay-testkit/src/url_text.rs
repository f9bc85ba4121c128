//! Names and values in request targets: percent-decoding and query pairs, as S3 reads them.

use std::borrow::Cow;

/// `text` with its percent escapes decoded; bytes that are no UTF-8 become U+FFFD. A malformed
/// escape stands for itself.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped =
            (*first == b'%').then(|| Some((hex(tail.first()?)? << 4) | hex(tail.get(1)?)?));
        if let Some(Some(byte)) = escaped {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The pairs of a query, decoded. In queries `+` is a space; a name without `=` has an empty value.
pub(crate) fn pairs(query: Option<&str>) -> impl Iterator<Item = (String, String)> {
    query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = |text: &str| decode(&text.replace('+', " ")).into_owned();
        (plain(name), plain(value))
    })
}

/// The value of the first pair named `name`.
pub(crate) fn value(query: Option<&str>, name: &str) -> Option<String> {
    pairs(query).find(|pair| pair.0 == name).map(|pair| pair.1)
}

/// The bucket and, where there is one, the key of a path-style path.
pub(crate) fn bucket_and_key(path: &str) -> (String, Option<String>) {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (decode(bucket).into_owned(), (!key.is_empty()).then(|| decode(key).into_owned()))
}

fn hex(digit: &u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_broken_ones_left() {
        assert_eq!(decode("a%20b%2Fc%c3%A4"), "a b/cä");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("a+b"), "a+b");
    }

    #[test]
    fn queries_are_pairs() {
        let all: Vec<_> = pairs(Some("list-type=2&prefix=a%2Fb+c&uploads&x=")).collect();
        let plain: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(plain, [("list-type", "2"), ("prefix", "a/b c"), ("uploads", ""), ("x", "")]);
        assert_eq!(value(Some("a=1&a=2"), "a").as_deref(), Some("1"));
        assert_eq!(value(None, "a"), None);
    }

    #[test]
    fn a_path_names_a_bucket_and_a_key() {
        assert_eq!(bucket_and_key("/b/t/p%3D1/f"), ("b".into(), Some("t/p=1/f".into())));
        assert_eq!(bucket_and_key("/b//k/"), ("b".into(), Some("/k/".into())));
        assert_eq!(bucket_and_key("/b/"), ("b".into(), None));
        assert_eq!(bucket_and_key("/b"), ("b".into(), None));
        assert_eq!(bucket_and_key("/"), (String::new(), None));
    }
}
