//! The library's log lines, waiting for Java to fetch them.
//!
//! Rust threads never call Java, so `tracing` events land in a ring of bounded size; a Java thread
//! drains it into SLF4J whenever it passes by. When nobody drains, the oldest lines go.

use std::collections::VecDeque;
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// Lines kept at most: enough for a burst, little memory.
const KEPT: usize = 1024;

/// A line is cut here; nothing worth saying is longer.
const LONGEST: usize = 2048;

static RING: Mutex<VecDeque<LogLine>> = Mutex::new(VecDeque::new());

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// `ERROR`, `WARN`, `INFO` or `DEBUG`.
    pub level: &'static str,
    /// The crate and module it came from, with dots.
    pub target: String,
    /// The text.
    pub text: String,
}

/// Takes up to `max` of the oldest lines.
#[must_use]
pub fn drain_log(max: usize) -> Vec<LogLine> {
    let mut ring = RING.lock();
    let count = ring.len().min(max);
    ring.drain(..count).collect()
}

/// Sends this process's `tracing` events of the library to the ring; later calls change nothing.
pub(crate) fn install() {
    // An error means that a subscriber is there already: in tests, or a second engine after a fork.
    if tracing::subscriber::set_global_default(Ring::default()).is_err() {
        tracing::debug!("a log subscriber was installed already");
    }
}

#[derive(Debug, Default)]
struct Ring {
    spans: AtomicU64,
}

impl Subscriber for Ring {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        *metadata.level() <= Level::WARN
            || (*metadata.level() <= Level::DEBUG && target.starts_with("forebay"))
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = match *event.metadata().level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARN",
            Level::INFO => "INFO",
            _ => "DEBUG",
        };
        let target = event.metadata().target().replace("::", ".");
        let mut ring = RING.lock();
        if ring.len() == KEPT {
            ring.pop_front();
        }
        ring.push_back(LogLine { level, target, text: text.finish() });
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn finish(mut self) -> String {
        self.message.push_str(&self.fields);
        if self.message.len() > LONGEST {
            let mut end = LONGEST;
            while !self.message.is_char_boundary(end) {
                end -= 1;
            }
            self.message.truncate(end);
        }
        self.message
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a String cannot fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_oldest_first_and_the_ring_stays_bounded() {
        tracing::subscriber::with_default(Ring::default(), || {
            for number in 0..KEPT + 3 {
                tracing::warn!(target: "forebay_engine::log::sample", number, "line");
            }
            tracing::debug!(target: "hyper::client", "not ours");
        });
        let ours: Vec<LogLine> = drain_log(usize::MAX)
            .into_iter()
            .filter(|line| line.target == "forebay_engine.log.sample")
            .collect();
        assert!(ours.len() <= KEPT, "{}", ours.len());
        assert_eq!(ours.last().unwrap().text, format!("line number={}", KEPT + 2));
        assert_eq!(ours.last().unwrap().level, "WARN");
        assert!(ours.iter().all(|line| line.text != "line number=0"));
    }
}
