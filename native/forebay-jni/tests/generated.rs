//! Java's copy of what is declared in Rust: `Kind.java`, and the constants of `NativeFile.java` and
//! `NativeInquiry.java`.
//!
//! `FOREBAY_BLESS=1 cargo test --release -p forebay-jni --test generated` rewrites `Kind.java`.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fmt::Write;
use std::path::PathBuf;

use forebay_types::ErrorKind;

fn java(name: &str) -> PathBuf {
    let module = "../../java/forebay-jni/src/main/java/io/forebay/jni";
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(module).join(name)
}

fn kind_java() -> String {
    let constants: Vec<String> =
        ErrorKind::ALL.iter().map(|kind| format!("  {}({})", kind.name(), kind.code())).collect();
    let mut out = String::from(
        "package io.forebay.jni;\n\n\
         /**\n \
          * What went wrong, as far as a caller may act on it; generated from the library's\n \
          * {@code ErrorKind}, where each is explained.\n \
          */\n\
         public enum Kind {\n",
    );
    // Writing to a String cannot fail.
    let _ = write!(out, "{};\n\n", constants.join(",\n"));
    out.push_str(
        "  private final int code;\n\n  \
         Kind(int code) {\n    this.code = code;\n  }\n\n  \
         /** The number that stands for this kind at the boundary. */\n  \
         public int code() {\n    return code;\n  }\n\n  \
         /** The kind of that number; {@link #INTERNAL} for one that no kind has. */\n  \
         public static Kind of(int code) {\n    \
         for (Kind kind : values()) {\n      \
         if (kind.code == code) {\n        return kind;\n      }\n    }\n    \
         return INTERNAL;\n  }\n}\n",
    );
    out
}

#[test]
fn kinds_of_java_are_the_kinds_of_rust() {
    let file = java("Kind.java");
    if std::env::var_os("FOREBAY_BLESS").is_some() {
        std::fs::write(&file, kind_java()).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap();
    assert!(found == kind_java(), "{} is not what the declarations say", file.display());
}

fn same_on_both_sides(class: &str, rust: &str, types: [&str; 2], names: &[&str]) {
    let java = std::fs::read_to_string(java(class)).unwrap();
    for name in names {
        let code = |text: &str, before: &str| {
            let rest = text.split_once(before).map(|(_, rest)| rest).unwrap();
            rest.split_once(';').unwrap().0.trim_start_matches(" = ").to_owned()
        };
        let ours = code(rust, &format!("const {name}: {}", types[0]));
        assert_eq!(ours, code(&java, &format!("{} {name}", types[1])), "{name}");
    }
}

#[test]
fn the_codes_of_a_read_and_of_an_inquiry_are_the_same_on_both_sides() {
    let names = ["END_OF_FILE", "PENDING", "DELEGATE"];
    let read = include_str!("../src/transfer.rs");
    same_on_both_sides("NativeFile.java", read, ["jint", "int"], &names);
    let names = ["UNDER_WAY", "PRESENT", "UNCHANGED", "UNSETTLED"];
    let inquiry = include_str!("../src/native_inquiry.rs");
    same_on_both_sides("NativeInquiry.java", inquiry, ["jlong", "long"], &names);
}
