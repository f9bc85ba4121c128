//! Counting: the open pass ([`Tally`]), its report ([`PassStats`]) and the life of one request in
//! it ([`Exchange`]).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::ask::{Ask, Class, Intent};
use super::log::Line;
use super::{Core, RangeUnion};

/// What was counted in one pass.
#[derive(Debug, Clone, Default)]
pub struct PassStats {
    /// The pass's name.
    pub pass: String,
    /// Time from its begin to its end, or to now.
    pub wall: Duration,
    /// Time with at least one request in flight.
    pub busy: Duration,
    /// Requests in flight at its end.
    pub in_flight: u64,
    /// The most requests that were in flight at once.
    pub max_in_flight: u64,
    /// Client connections accepted.
    pub connections: u64,
    /// Connections made to the upstream.
    pub upstream_connections: u64,
    /// Answered requests by class.
    pub requests: BTreeMap<Class, u64>,
    /// Requests whose client left before an answer began.
    pub unanswered: u64,
    /// Answers whose body did not reach its end.
    pub cut_short: u64,
    /// Answers by status, of the statuses from 400 on.
    pub errors: BTreeMap<u16, u64>,
    /// Body bytes of [`Class::Get`] sent to clients.
    pub get_bytes: u64,
    /// Body bytes of listings sent to clients.
    pub list_bytes: u64,
    /// Body bytes of all other answers sent to clients.
    pub other_bytes: u64,
    /// Body bytes of requests that came from clients.
    pub request_bytes: u64,
    /// [`Class::Get`] of table data.
    pub data_gets: u64,
    /// Its part of `get_bytes`.
    pub data_bytes: u64,
    /// What [`Class::Get`] asked for, by `bucket/key`.
    pub objects: BTreeMap<String, ObjectReads>,
}

/// What was asked of one object.
#[derive(Debug, Clone, Default)]
pub struct ObjectReads {
    /// Whether its key is one of table data.
    pub data: bool,
    /// How many GETs were answered.
    pub gets: u64,
    /// The bytes they asked for, each once.
    pub ranges: RangeUnion,
}

impl PassStats {
    /// Answered requests of a class.
    #[must_use]
    pub fn count(&self, class: Class) -> u64 {
        self.requests.get(&class).copied().unwrap_or(0)
    }

    /// Bytes of all objects asked for, each once.
    #[must_use]
    pub fn union_bytes(&self) -> u64 {
        self.objects.values().map(|reads| reads.ranges.bytes()).sum()
    }

    /// Bytes of table data asked for, each once.
    #[must_use]
    pub fn data_union_bytes(&self) -> u64 {
        let data = self.objects.values().filter(|reads| reads.data);
        data.map(|reads| reads.ranges.bytes()).sum()
    }

    /// The report; with `ranges`, the union of every object too.
    #[must_use]
    pub fn to_json(&self, ranges: bool) -> Value {
        let requests: serde_json::Map<String, Value> = (Class::ALL.iter())
            .map(|class| (class.name().to_owned(), self.count(*class).into()))
            .collect();
        let errors: serde_json::Map<String, Value> =
            self.errors.iter().map(|(status, n)| (status.to_string(), (*n).into())).collect();
        let mut report = json!({
            "pass": self.pass,
            "seconds": self.wall.as_secs_f64(),
            "busy_seconds": self.busy.as_secs_f64(),
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "connections": self.connections,
            "upstream_connections": self.upstream_connections,
            "requests": requests,
            "unanswered": self.unanswered,
            "cut_short": self.cut_short,
            "errors": errors,
            "bytes": {
                "get": self.get_bytes,
                "list": self.list_bytes,
                "other": self.other_bytes,
                "request": self.request_bytes,
            },
            "union_bytes": self.union_bytes(),
            "data": {
                "gets": self.data_gets,
                "bytes": self.data_bytes,
                "union_bytes": self.data_union_bytes(),
                "objects": self.objects.values().filter(|reads| reads.data).count(),
            },
        });
        if ranges && let Some(fields) = report.as_object_mut() {
            let objects: serde_json::Map<String, Value> =
                self.objects.iter().map(|(key, reads)| (key.clone(), reads.to_json())).collect();
            fields.insert("objects".to_owned(), objects.into());
        }
        report
    }
}

impl ObjectReads {
    fn to_json(&self) -> Value {
        let ranges: Vec<[u64; 2]> = self.ranges.iter().map(|r| [r.start, r.end]).collect();
        json!({ "data": self.data, "gets": self.gets, "ranges": ranges })
    }
}

/// The open pass.
#[derive(Debug)]
pub(super) struct Tally {
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    stats: PassStats,
    began: Instant,
    busy_since: Option<Instant>,
}

impl Tally {
    pub(super) fn open(pass: String) -> Tally {
        let stats = PassStats { pass, ..PassStats::default() };
        Tally { open: Mutex::new(Open { stats, began: Instant::now(), busy_since: None }) }
    }

    pub(super) fn stats(&self) -> PassStats {
        let open = self.open.lock();
        let mut stats = open.stats.clone();
        let now = Instant::now();
        stats.wall = now - open.began;
        stats.busy += open.busy_since.map_or(Duration::ZERO, |since| now - since);
        stats
    }

    /// Closes the pass and opens the next; what is in flight goes on in that.
    pub(super) fn begin(&self, pass: &str) -> PassStats {
        let mut open = self.open.lock();
        let now = Instant::now();
        let next = PassStats {
            pass: pass.to_owned(),
            in_flight: open.stats.in_flight,
            max_in_flight: open.stats.in_flight,
            ..PassStats::default()
        };
        let mut closed = std::mem::replace(&mut open.stats, next);
        closed.wall = now - open.began;
        closed.busy += open.busy_since.map_or(Duration::ZERO, |since| now - since);
        open.began = now;
        open.busy_since = open.busy_since.map(|_| now);
        closed
    }

    pub(super) fn connected(&self) {
        self.open.lock().stats.connections += 1;
    }

    pub(super) fn upstream_connected(&self) {
        self.open.lock().stats.upstream_connections += 1;
    }

    pub(super) fn received(&self, bytes: u64) {
        self.open.lock().stats.request_bytes += bytes;
    }
}

/// One request on its way through the proxy; dropping it before its end counts it as cut short.
#[derive(Debug)]
pub(super) struct Exchange {
    core: Arc<Core>,
    pub(super) ask: Ask,
    line: Option<Line>,
    class: Option<Class>,
    sent: u64,
    received: Arc<AtomicU64>,
    ended: bool,
}

impl Exchange {
    pub(super) fn begin(core: Arc<Core>, ask: Ask, line: Option<Line>) -> Exchange {
        {
            let mut open = core.tally.open.lock();
            open.stats.in_flight += 1;
            open.stats.max_in_flight = open.stats.max_in_flight.max(open.stats.in_flight);
            if open.busy_since.is_none() {
                open.busy_since = Some(Instant::now());
            }
        }
        let received = Arc::default();
        Exchange { core, ask, line, class: None, sent: 0, received, ended: false }
    }

    /// Counts the bytes of the request's body, which streams apart from its answer.
    pub(super) fn upload(&self) -> impl Fn(u64) + Send + 'static {
        let (core, received) = (self.core.clone(), self.received.clone());
        move |bytes| {
            core.tally.received(bytes);
            received.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// The answer's head goes out; `range` is the part of the object that its body holds.
    pub(super) fn answered(&mut self, status: u16, range: Option<Range<u64>>) {
        let class = self.ask.class(status);
        self.class = Some(class);
        if let Some(line) = &mut self.line {
            line.status = status;
        }
        let stats = &mut self.core.tally.open.lock().stats;
        *stats.requests.entry(class).or_default() += 1;
        if status >= 400 {
            *stats.errors.entry(status).or_default() += 1;
        }
        if let (Class::Get, Some(object)) = (class, &self.ask.object) {
            stats.data_gets += u64::from(self.ask.data);
            let reads = stats.objects.entry(object.clone()).or_default();
            reads.data = self.ask.data;
            reads.gets += 1;
            reads.ranges.add(range.unwrap_or(0..0));
        }
    }

    /// Bytes of the answer's body go out.
    pub(super) fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
        let stats = &mut self.core.tally.open.lock().stats;
        match (self.class, self.ask.intent) {
            (Some(Class::Get), _) => {
                stats.get_bytes += bytes;
                stats.data_bytes += if self.ask.data { bytes } else { 0 };
            }
            (_, Intent::List) => stats.list_bytes += bytes,
            _ => stats.other_bytes += bytes,
        }
    }

    /// The answer is complete.
    pub(super) fn end(&mut self) {
        self.close(true);
    }

    fn close(&mut self, complete: bool) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        {
            let mut open = self.core.tally.open.lock();
            open.stats.in_flight -= 1;
            open.stats.unanswered += u64::from(self.class.is_none());
            open.stats.cut_short += u64::from(self.class.is_some() && !complete);
            if open.stats.in_flight == 0
                && let Some(since) = open.busy_since.take()
            {
                open.stats.busy += since.elapsed();
            }
        }
        if let (Some(log), Some(line)) = (&self.core.log, self.line.take()) {
            log.write(line, self.sent, self.received.load(Ordering::Relaxed), complete);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.close(false);
    }
}
