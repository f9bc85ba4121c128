use super::*;
use proptest::prelude::*;
use std::path::PathBuf;
use std::time::Duration;

static SIZE: Key<Size> =
    Key::new("fs.forebay.cache.size", "", Scope::Process, "A size.", "For the test.");
static GAP: Key<Size> =
    Key::new("fs.forebay.prefetch.gap", "256KB", Scope::FileSystem, "A gap.", "For the test.")
        .accepting("a size of at most 8MB", |size| size.0 <= 8 << 20);
static ROWS: &[&dyn KeyRow] = &[&SIZE, &GAP];

#[test]
fn the_bucket_s_own_value_wins_over_the_general_one() {
    let given = [
        ("fs.forebay.prefetch.gap", "1MB"),
        ("fs.forebay.bucket.logs.prefetch.gap", "2MB"),
        ("fs.s3a.secret.key", "s"),
    ];
    let of = |bucket| Settings::new(given, bucket).require(&GAP).unwrap().0;
    assert_eq!(of(Some("logs")), 2 << 20);
    assert_eq!(of(Some("other")), 1 << 20);
    assert_eq!(of(None), 1 << 20);
}

#[test]
fn a_default_answers_where_nothing_was_given() {
    let settings = Settings::default();
    assert_eq!(settings.require(&GAP).unwrap(), Size(256 << 10));
    assert_eq!(settings.get(&SIZE).unwrap(), None);
    assert!(!settings.is_given(&GAP));
}

#[test]
fn a_bad_value_names_key_value_and_allowed_form() {
    let error = Settings::new([("fs.forebay.prefetch.gap", "9MB")], None).get(&GAP).unwrap_err();
    assert_eq!(
        error.to_string(),
        "configure fs.forebay.prefetch.gap: '9MB' is not allowed; give a size of at most 8MB"
    );
}

#[test]
fn an_unknown_key_comes_with_the_nearest_name() {
    let settings =
        Settings::new([("fs.forebay.cache.sizes", "1"), ("fs.forebay.prefetch.gap", "1")], None);
    let unknown = settings.unknown(ROWS);
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].given, "fs.forebay.cache.sizes");
    assert_eq!(unknown[0].nearest, "fs.forebay.cache.size");
}

#[test]
fn a_bucket_s_unknown_key_is_found_and_one_it_may_have_is_not() {
    let settings = Settings::new(
        [
            ("fs.forebay.bucket.lake.prefetch.gap", "1MB"),
            ("fs.forebay.bucket.my.dotted.lake.prefetch.gap", "1MB"),
            ("fs.forebay.bucket.lake.prefetch.gab", "1MB"),
            ("fs.forebay.bucket.lake", "1"),
        ],
        None,
    );
    let unknown: Vec<(String, String)> =
        settings.unknown(ROWS).into_iter().map(|key| (key.given, key.nearest)).collect();
    assert_eq!(unknown.len(), 2);
    assert_eq!(unknown[0].0, "fs.forebay.bucket.lake");
    let (given, nearest) = &unknown[1];
    assert_eq!(given, "fs.forebay.bucket.lake.prefetch.gab");
    assert_eq!(nearest, "fs.forebay.bucket.lake.prefetch.gap");
}

#[test]
fn a_word_in_angle_brackets_stands_for_any_one() {
    const BY_SCHEME: Key<String> =
        Key::new("fs.forebay.delegate.<scheme>.impl", "", Scope::FileSystem, "", "");
    let unknown =
        |given: &str| !Settings::new([(given, "x")], None).unknown(&[&BY_SCHEME]).is_empty();
    assert!(!unknown("fs.forebay.delegate.abfs.impl"));
    assert!(!unknown("fs.forebay.bucket.a.lake.delegate.abfs.impl"));
    for other in [
        "delegate..impl",
        "delegate.impl",
        "delegate.a.b.impl",
        "x.delegate.abfs.impl",
        "delegate.abfs",
    ] {
        assert!(unknown(&format!("fs.forebay.{other}")), "{other}");
    }
}

#[test]
fn every_value_given_can_be_checked_at_once() {
    let check = |key, value| Settings::new([(key, value)], None).check(ROWS);
    check("fs.forebay.cache.size", " 64 MB ").unwrap();
    check("fs.forebay.cache.size", "").unwrap();
    check("fs.forebay.unknown", "anything").unwrap();
    let error = check("fs.forebay.cache.size", "lots").unwrap_err();
    assert_eq!(error.path(), "fs.forebay.cache.size");
}

#[test]
fn every_row_accepts_its_own_default() {
    for row in ROWS.iter().filter(|row| !row.default_text().is_empty()) {
        row.check(row.default_text()).unwrap();
    }
}

#[test]
fn sizes_spans_and_paths_are_read_as_users_write_them() {
    assert_eq!(Size::parse("64 MB"), Some(Size(64 << 20)));
    assert_eq!(Size::parse("1g"), Some(Size(1 << 30)));
    for bad in ["-1MB", "1.5GB", "MB", "1XB", "99999999999999TB"] {
        assert_eq!(Size::parse(bad), None, "{bad}");
    }
    assert_eq!(Span::parse("500ms"), Some(Span(Duration::from_millis(500))));
    assert_eq!(Span::parse("60"), None);
    let paths: Option<Vec<PathBuf>> = Value::parse("/mnt/a, file:///mnt/b");
    assert_eq!(paths, Some(vec!["/mnt/a".into(), "/mnt/b".into()]));
    assert_eq!(<Vec<PathBuf>>::parse("relative"), None);
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,40}") {
        let _ = (Size::parse(&text), Span::parse(&text), bool::parse(&text), f64::parse(&text));
        let _ = <Vec<PathBuf>>::parse(&text);
    }
}
