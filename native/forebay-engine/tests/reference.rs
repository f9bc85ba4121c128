//! The generated references in the repository say what the source says.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};

use forebay_engine::reference::{configuration_md, key_rows, keys_java, metrics_md};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn compare(path: &str, wanted: &str) {
    let file = repository().join(path);
    if std::env::var_os("FOREBAY_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} has drifted from the source; \
         FOREBAY_BLESS=1 cargo test --release -p forebay-engine --test reference rewrites it"
    );
}

#[test]
fn configuration_md_is_current() {
    compare("CONFIGURATION.md", &configuration_md());
}

#[test]
fn metrics_md_is_current() {
    compare("METRICS.md", &metrics_md());
}

#[test]
fn the_java_constants_are_current() {
    compare("java/forebay-hadoop/src/main/java/io/forebay/hadoop/ForebayKeys.java", &keys_java());
}

#[test]
fn every_default_is_allowed_and_every_name_is_ours_and_unique() {
    let rows = key_rows();
    let mut names: Vec<&str> = rows.iter().map(|row| row.name()).collect();
    for row in &rows {
        assert!(row.name().starts_with("fs.forebay."), "{}", row.name());
        assert!(!row.chosen().is_empty() && !row.sentence().is_empty(), "{}", row.name());
        if !row.default_text().is_empty() {
            row.check(row.default_text()).unwrap();
        }
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows.len());
}

#[test]
fn every_key_refuses_what_makes_no_sense_with_its_name_the_value_and_what_is_allowed() {
    // Any text is a pattern of keys; whether it is a class is for Java to say.
    let any = [
        "fs.forebay.cache.include",
        "fs.forebay.cache.exclude",
        "fs.forebay.delegate.<scheme>.impl",
    ];
    for row in key_rows() {
        let refused = row.check("-?").err();
        assert_eq!(refused.is_none(), any.contains(&row.name()), "{}", row.name());
        let Some(refused) = refused else { continue };
        let expected = format!("configure {}: '-?' is not allowed; give ", row.name());
        let said = refused.to_string();
        assert!(said.len() > expected.len() && said.starts_with(&expected), "{said}");
    }
}
