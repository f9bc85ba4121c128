//! The inputs that everything begins with: files, and bombs that are easier to write than to keep.

use std::path::{Path, PathBuf};

/// The inputs of a target, in the order of their names.
#[must_use]
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let mut folders = vec![clone.join("fuzz/corpus").join(target)];
    if target.starts_with("orc") {
        folders.push(clone.join("native/forebay-plan/samples"));
    }
    let mut files: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()))
        .collect();
    files.sort();
    files.iter().filter_map(|file| std::fs::read(file).ok()).collect()
}
