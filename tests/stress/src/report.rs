//! What a run found: numbers by name, added up over processes and runs, as one JSON object.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Where reports of this clone lie.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/soak")
}

/// Adds the numbers of `more` to those of `sum`, object by object. Of names that begin with `slowest`
/// or `most` the larger stays; texts and lists are kept from whoever has them first.
pub fn add(sum: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, value) in more {
        let extreme = name.starts_with("slowest") || name.starts_with("most");
        match (sum.get_mut(name), value) {
            (None, value) => {
                sum.insert(name.clone(), value.clone());
            }
            (Some(Value::Object(sum)), Value::Object(more)) => add(sum, more),
            (Some(old), value) => {
                if let (Some(a), Some(b)) = (old.as_u64(), value.as_u64()) {
                    *old = json!(if extreme { a.max(b) } else { a + b });
                }
            }
        }
    }
}

/// A number of a report, 0 where it has none.
#[must_use]
pub fn number(report: &Map<String, Value>, name: &str) -> u64 {
    report.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// What all kept reports of the runs called `name` come to together, whatever their seeds.
///
/// # Errors
/// If one can't be read.
pub fn total(name: &str) -> io::Result<Map<String, Value>> {
    let (mut sum, mut runs) = (Map::new(), 0);
    for entry in std::fs::read_dir(kept())? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let seed = stem.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        if seed.is_some_and(|seed| seed.bytes().all(|byte| byte.is_ascii_digit())) {
            add(&mut sum, &serde_json::from_slice(&std::fs::read(&path)?)?);
            runs += 1;
        }
    }
    sum.insert("runs".to_owned(), json!(runs));
    sum.retain(|name, _| !["seed", "date", "machine"].contains(&name.as_str()));
    Ok(sum)
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results")
}

/// Writes the report to `target/soak/<name>.json`, prints it, and keeps it under
/// `tests/stress/results` where the environment says `SAVE=1`.
///
/// # Errors
/// If it can't be written.
pub fn publish(name: &str, report: &Map<String, Value>) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&Value::Object(report.clone()))? + "\n";
    std::fs::create_dir_all(folder())?;
    let path = folder().join(format!("{name}.json"));
    std::fs::write(&path, &text)?;
    print(&text);
    print(&format!("report: {}\n", path.display()));
    if std::env::var_os("SAVE").is_some_and(|save| save == "1") {
        std::fs::create_dir_all(kept())?;
        let mut whole = Map::new();
        whole.insert("date".to_owned(), json!(told("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"])));
        whole.insert("machine".to_owned(), json!(machine()));
        whole.extend(report.clone());
        let seed = number(report, "seed");
        let path = kept().join(format!("{name}-{seed}.json"));
        std::fs::write(&path, serde_json::to_string_pretty(&Value::Object(whole))? + "\n")?;
        print(&format!("kept: {}\n", path.display()));
    }
    Ok(())
}

fn machine() -> String {
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = told("uname", &["-sr"]);
    format!("{cores} x {}, {kernel}", model.trim_start_matches(['\t', ':', ' ']))
}

fn told(program: &str, arguments: &[&str]) -> String {
    let output = std::process::Command::new(program).args(arguments).output();
    output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}

/// Prints to standard output, whoever listens.
pub fn print(text: &str) {
    use std::io::Write;
    let mut out = io::stdout().lock();
    // A parent that is gone needs no report.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
