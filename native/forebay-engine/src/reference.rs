//! CONFIGURATION.md, METRICS.md and the Java constants, made from the rows.
//!
//! `tests/reference.rs` compares them with the files in the repository, and rewrites those when
//! `FOREBAY_BLESS` is set.

use std::fmt::Write;

use forebay_types::config::KeyRow;

use crate::metrics::metrics;

/// Every key of the library, in the order of CONFIGURATION.md.
#[must_use]
pub fn key_rows() -> Vec<&'static dyn KeyRow> {
    [crate::KEYS, forebay_cache::KEYS, forebay_plan::KEYS, forebay_origin::KEYS].concat()
}

/// The text of CONFIGURATION.md.
#[must_use]
pub fn configuration_md() -> String {
    let mut out = String::from(
        "# Configuration\n\n\
         Generated from the declarations in the source; `FOREBAY_BLESS=1 cargo test --release -p \
         forebay-engine --test reference` rewrites it.\n\n\
         Every key can be given for one bucket as `fs.forebay.bucket.<bucket>.<rest of the key>`, \
         where its scope is *file system*. Keys of scope *process* are decided by the first file \
         system that a process opens. Credentials and endpoints are never keys of Forebay: \
         `fs.s3a.*` is read as it is. An unknown `fs.forebay.*` key is a warning that names the \
         nearest known one; a bad value is an error that names key, value and allowed form.\n\n",
    );
    for row in key_rows() {
        let default = match row.default_text() {
            "" => "not set".to_owned(),
            text => format!("`{text}`"),
        };
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "## `{}`\n\n{}\n\n- Default: {default}. {}\n- Allowed: {}\n- Scope: {}\n\n",
            row.name(),
            row.sentence(),
            row.chosen(),
            row.form(),
            row.scope().name(),
        );
    }
    out
}

/// The text of METRICS.md.
#[must_use]
pub fn metrics_md() -> String {
    let mut out = String::from(
        "# Metrics\n\n\
         Generated from the declarations in the source; `FOREBAY_BLESS=1 cargo test --release -p \
         forebay-engine --test reference` rewrites it.\n\n\
         All count for the process since it started. Java reads them with \
         `io.forebay.hadoop.ForebayMetrics.snapshot()`.\n\n\
         | name | kind | unit | meaning |\n|---|---|---|---|\n",
    );
    for row in metrics() {
        let kind = match row.shape() {
            forebay_types::metric::Shape::Counter => "counter",
            forebay_types::metric::Shape::Gauge => "gauge",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {kind} | {} | {} |",
            row.name(),
            row.unit().name(),
            row.sentence()
        );
    }
    out
}

/// The text of `ForebayKeys.java`.
#[must_use]
pub fn keys_java() -> String {
    let mut out = String::from(
        "package io.forebay.hadoop;\n\n\
         /** Names and defaults of the configuration keys; generated, see CONFIGURATION.md. */\n\
         public final class ForebayKeys {\n\n  private ForebayKeys() {\n  }\n",
    );
    for row in key_rows() {
        let bare = row.name().trim_start_matches(forebay_types::config::PREFIX);
        let id = bare.replace(['.', '-'], "_").replace(['<', '>'], "").to_ascii_uppercase();
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "\n  /** {} */\n  public static final String {id} = \"{}\";\n\
             \n  /** Default of {{@link #{id}}}; empty where it is not set. */\n  \
             public static final String {id}_DEFAULT = \"{}\";\n",
            row.sentence().replace('&', "&amp;").replace('<', "&lt;"),
            row.name(),
            row.default_text(),
        );
    }
    out.push_str("}\n");
    out
}
