//! The request log: one line of JSON per request, when it ends. Headers never enter it but Range;
//! of a query only parameters known to hold no secret show their value, so that a presigned URL's
//! signature can't get in.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyper::header::RANGE;
use hyper::http::request::Parts;
use parking_lot::Mutex;
use serde_json::json;

/// A log file, open for appending. Lines are written unbuffered: a killed proxy leaves them all.
#[derive(Debug)]
pub(super) struct RequestLog {
    file: Mutex<File>,
}

/// The begin of a line.
#[derive(Debug)]
pub(super) struct Line {
    at: SystemTime,
    began: Instant,
    method: String,
    path: String,
    range: Option<String>,
    /// 0 until there is an answer.
    pub(super) status: u16,
}

/// Query parameters whose value is written; of others, the name.
const SHOWN: [&str; 14] = [
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "start-after",
    "encoding-type",
    "marker",
    "uploadId",
    "partNumber",
    "versionId",
    "versions",
    "uploads",
    "x-id",
    "delete",
];

impl Line {
    pub(super) fn of(parts: &Parts) -> Line {
        let mut path = parts.uri.path().to_owned();
        for (index, pair) in parts.uri.query().unwrap_or_default().split('&').enumerate() {
            let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
            let shown = if SHOWN.contains(&name) { pair } else { name };
            if !shown.is_empty() {
                path.push(if index == 0 { '?' } else { '&' });
                path.push_str(shown);
            }
        }
        let range = parts.headers.get(RANGE).and_then(|range| range.to_str().ok());
        Line {
            at: SystemTime::now(),
            began: Instant::now(),
            method: parts.method.to_string(),
            path,
            range: range.map(str::to_owned),
            status: 0,
        }
    }
}

impl RequestLog {
    pub(super) fn append_to(path: &Path) -> io::Result<RequestLog> {
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
            io::Error::new(error.kind(), format!("can't open the log {}: {error}", path.display()))
        })?;
        Ok(RequestLog { file: Mutex::new(file) })
    }

    pub(super) fn write(&self, line: Line, bytes: u64, received: u64, complete: bool) {
        let since_epoch = line.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let text = json!({
            "time": since_epoch.as_secs_f64(),
            "method": line.method,
            "path": line.path,
            "range": line.range,
            "status": line.status,
            "bytes": bytes,
            "received": received,
            "seconds": line.began.elapsed().as_secs_f64(),
            "complete": complete,
        });
        // A full disk must not change what the proxy does.
        let _ = self.file.lock().write_all(format!("{text}\n").as_bytes());
    }
}
