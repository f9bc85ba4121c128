//! Who may import whom: the map of ARCHITECTURE.md, pinned.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Crate → the crates of this workspace that its library may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("forebay-types", &[]),
    ("forebay-origin", &["forebay-types"]),
    ("forebay-cache", &["forebay-types"]),
    ("forebay-plan", &["forebay-types"]),
    ("forebay-engine", &["forebay-cache", "forebay-origin", "forebay-plan", "forebay-types"]),
    ("forebay-jni", &["forebay-engine", "forebay-types"]),
    ("forebay-testkit", &[]),
    (
        "forebay-fuzz",
        &[
            "forebay-cache",
            "forebay-engine",
            "forebay-jni",
            "forebay-origin",
            "forebay-plan",
            "forebay-types",
        ],
    ),
    ("forebay-stress", &["forebay-cache", "forebay-engine", "forebay-testkit"]),
];

/// Dependencies that one crate isolates from all others; the testkit may use what it imitates.
const ISOLATED: &[(&str, &[&str])] = &[
    ("jni", &["forebay-jni"]),
    ("object_store", &["forebay-origin"]),
    ("reqwest", &["forebay-origin"]),
    ("parquet", &["forebay-testkit"]),
    ("crc-fast", &["forebay-cache"]),
    ("hyper", &["forebay-testkit"]),
    ("libfuzzer-sys", &["forebay-fuzz"]),
    ("lz4_flex", &["forebay-plan"]),
    ("miniz_oxide", &["forebay-plan"]),
    ("ruzstd", &["forebay-plan"]),
    ("shuttle", &["forebay-types"]),
    ("snap", &["forebay-plan"]),
];

/// Crate → its dependencies, those of its tests left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let normal = |package: &serde_json::Value| {
        let all = package["dependencies"].as_array().unwrap();
        let kept = all.iter().filter(|dependency| dependency["kind"].is_null());
        kept.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
    };
    packages
        .iter()
        .map(|package| (package["name"].as_str().unwrap().to_owned(), normal(package)))
        .collect()
}

#[test]
fn every_crate_imports_what_its_layer_allows() {
    let found = dependencies();
    let native: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    for name in found.keys().filter(|name| name.starts_with("forebay-")) {
        assert!(native.contains(name.as_str()), "{name} has no place in the list of layers");
    }
    for (name, allowed) in LAYERS {
        let used: BTreeSet<&str> =
            found[*name].iter().map(String::as_str).filter(|d| d.starts_with("forebay-")).collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert_eq!(used, allowed, "{name}");
    }
}

#[test]
fn dangerous_dependencies_stay_in_their_crate() {
    let found = dependencies();
    for (dependency, homes) in ISOLATED {
        let users: BTreeSet<&str> = found
            .iter()
            .filter(|(_, uses)| uses.contains(*dependency))
            .map(|(name, _)| name.as_str())
            .collect();
        let homes: BTreeSet<&str> = homes.iter().copied().collect();
        assert_eq!(users, homes, "{dependency}");
    }
}
