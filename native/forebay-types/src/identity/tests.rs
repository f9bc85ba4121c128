use super::*;
use proptest::prelude::*;

fn location(bucket: &str, key: &str) -> Location {
    Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: bucket.into(),
        key: key.into(),
        settings: 0,
    }
}

fn version(etag: &str, length: u64) -> Version {
    Version { etag: ETag::strong(etag).unwrap(), length, version_id: None }
}

#[test]
fn both_spellings_of_a_tag_are_one_tag() {
    assert_eq!(ETag::strong("\"abc-2\""), ETag::strong("abc-2"));
    assert_eq!(ETag::strong("abc").unwrap().quoted(), "\"abc\"");
}

#[test]
fn a_tag_that_pins_nothing_is_no_tag() {
    for text in ["", "\"\"", "W/\"abc\"", "a\"b", "a b", "a\nb", "é"] {
        assert_eq!(ETag::strong(text), None, "{text:?}");
    }
}

#[test]
fn versions_of_a_key_share_their_location_hash_only() {
    let first = Identity::new(location("b", "k"), version("v1", 10)).unwrap();
    let second = Identity::new(location("b", "k"), version("v2", 10)).unwrap();
    assert_eq!(first.location_hash(), second.location_hash());
    assert_ne!(first.hash(), second.hash());
    assert_ne!(first, second);
}

#[test]
fn a_key_too_long_for_a_header_is_refused() {
    let error =
        Identity::new(location("b", &"k".repeat(MAX_ENCODED)), version("v", 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn what_was_encoded_is_decoded_and_nothing_else() {
    let mut version = version("v1-3", 77);
    for id in [None, Some("3L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY")] {
        version.version_id = id.map(Into::into);
        let identity = Identity::new(location("b", "a/ü k"), version.clone()).unwrap();
        let encoded = identity.encode();
        assert_eq!(Identity::decode(&encoded), Some(identity));
        for length in 0..encoded.len() {
            assert_eq!(Identity::decode(&encoded[..length]), None, "cut to {length}");
        }
        let longer: Vec<u8> = encoded.iter().copied().chain([0]).collect();
        assert_eq!(Identity::decode(&longer), None);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(identity) = Identity::decode(&bytes) {
            prop_assert_eq!(identity.encode(), bytes);
        }
    }

    #[test]
    fn moving_a_letter_between_fields_changes_the_encoding(a in "[a-z]{0,6}", b in "[a-z]{0,6}",
                                                           c in "[a-z]{0,6}", d in "[a-z]{0,6}") {
        let one = Identity::new(location(&a, &b), version("e", 1)).unwrap();
        let two = Identity::new(location(&c, &d), version("e", 1)).unwrap();
        prop_assert_eq!(one.encode() == two.encode(), (a, b) == (c, d));
        prop_assert_eq!(one.hash() == two.hash(), one == two);
    }
}
