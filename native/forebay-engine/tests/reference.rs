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
