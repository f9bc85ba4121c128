//! What the engine counts, and the list of what everybody counts.

use forebay_types::metric::{Metric, Unit};

macro_rules! rows {
    ($($shape:ident $id:ident $name:literal $unit:ident $sentence:literal;)*) => {
        $(pub(crate) static $id: Metric = Metric::$shape($name, Unit::$unit, $sentence);)*
        /// The engine's own rows.
        pub(crate) static METRICS: &[&Metric] = &[$(&$id),*];
    };
}

rows! {
    counter READ_WINDOW "read.bytes.window" Bytes
        "Bytes handed to readers out of a stream's window in Java, without a call into the library; each was counted once more, under the source that filled the window.";
    counter READ_RAM "read.bytes.ram" Bytes "Bytes answered from the RAM tier.";
    counter READ_SSD "read.bytes.ssd" Bytes "Bytes answered from the host's SSD cache, each checked.";
    counter READ_ORIGIN "read.bytes.origin" Bytes
        "Bytes answered from a fetch, under way or just finished.";
    counter MISS_COLD "miss.cold" Count "Cells fetched on demand because this host never held them.";
    counter MISS_EVICTED "miss.evicted" Count "Cells fetched on demand because they had been evicted.";
    counter MISS_CHANGED "miss.changed" Count
        "Cells fetched on demand because the object had changed since it was last opened here.";
    counter MISS_NOT_ADMITTED "miss.not-admitted" Count
        "Cells fetched on demand again because the cache had not taken them.";
    counter MISS_CORRUPT "miss.corrupt" Count "Cells fetched on demand because their check failed.";
    counter MISS_DISK "miss.disk" Count
        "Cells fetched on demand because the cache's disk did not answer or no directory is in use.";
    counter PREFETCH_FETCHED "prefetch.bytes.fetched" Bytes "Bytes fetched before anybody asked.";
    counter PREFETCH_USED "prefetch.bytes.used" Bytes
        "Bytes fetched before anybody asked that were read afterwards; the rest is waste.";
    counter PREFETCH_UNREAD "prefetch.bytes.unread" Bytes
        "Bytes fetched before anybody asked that their stream had not read when it ended.";
    gauge DEPTH "plan.depth" Count "Row groups ahead that a stream was last given.";
    counter PLANNED_WHOLE "plan.bytes.whole" Bytes "Bytes fetched for small files, whole.";
    counter PLANNED_TAIL "plan.bytes.tail" Bytes "Bytes fetched for the ends of files not yet understood.";
    counter PLANNED_FOOTER "plan.bytes.footer" Bytes "Bytes fetched for footers, and those of stripes.";
    counter PLANNED_INDEX "plan.bytes.index" Bytes "Bytes fetched for page and stripe indexes.";
    counter PLANNED_DICTIONARY "plan.bytes.dictionary" Bytes "Bytes fetched for dictionaries.";
    counter PLANNED_PAGES "plan.bytes.pages" Bytes "Bytes fetched for parts of column chunks, as asked.";
    counter PLANNED_CHUNK "plan.bytes.chunk" Bytes "Bytes fetched for column chunks that are read whole.";
    counter PLANNED_ROW_GROUP "plan.bytes.row-group" Bytes "Bytes fetched for other columns of the row group being read.";
    counter PLANNED_NEXT_ROW_GROUP "plan.bytes.next-row-group" Bytes "Bytes fetched for row groups ahead.";
    counter PLANNED_NEXT_FILE "plan.bytes.next-file" Bytes "Bytes fetched for the first row group of the file that is read next.";
    counter PLANNED_SEQUENTIAL "plan.bytes.sequential" Bytes "Bytes fetched for readers that go forward.";
    counter PLANNED_RANDOM "plan.bytes.random" Bytes "Bytes fetched for reads that fit no pattern.";
    counter STALLED_WHOLE "read.stalled.whole" Nanoseconds "Of read.stalled, what was waited for small files, whole.";
    counter STALLED_TAIL "read.stalled.tail" Nanoseconds "Of read.stalled, what was waited for the ends of files not yet understood.";
    counter STALLED_FOOTER "read.stalled.footer" Nanoseconds "Of read.stalled, what was waited for footers, and those of stripes.";
    counter STALLED_INDEX "read.stalled.index" Nanoseconds "Of read.stalled, what was waited for page and stripe indexes.";
    counter STALLED_DICTIONARY "read.stalled.dictionary" Nanoseconds "Of read.stalled, what was waited for dictionaries.";
    counter STALLED_PAGES "read.stalled.pages" Nanoseconds "Of read.stalled, what was waited for parts of column chunks, as asked.";
    counter STALLED_CHUNK "read.stalled.chunk" Nanoseconds "Of read.stalled, what was waited for column chunks that are read whole.";
    counter STALLED_ROW_GROUP "read.stalled.row-group" Nanoseconds "Of read.stalled, what was waited for other columns of the row group being read.";
    counter STALLED_NEXT_ROW_GROUP "read.stalled.next-row-group" Nanoseconds "Of read.stalled, what was waited for row groups ahead.";
    counter STALLED_NEXT_FILE "read.stalled.next-file" Nanoseconds "Of read.stalled, what was waited for the first row group of the file that is read next.";
    counter STALLED_SEQUENTIAL "read.stalled.sequential" Nanoseconds "Of read.stalled, what was waited for readers that go forward.";
    counter STALLED_RANDOM "read.stalled.random" Nanoseconds "Of read.stalled, what was waited for reads that fit no pattern.";
    counter UPLOADS "write.files" Count "Files begun to be written by our own client.";
    counter UPLOAD_BYTES "write.bytes" Bytes "Bytes taken from writers for our own client to write.";
    counter UPLOAD_PARTS "write.parts" Count "Parts of files that our own client sent; a small file has none.";
    counter FLIGHTS "flight.started" Count "Fetches begun.";
    counter FLIGHTS_JOINED "flight.joined" Count "Reads that waited for a fetch somebody else had begun.";
    counter SHARED_BYTES "flight.bytes.shared" Bytes
        "Bytes that a fetch found in the cache when its turn came: another process of the host had fetched them meanwhile.";
    counter CLAIMS_OUTWAITED "flight.claim.outwaited" Count
        "Fetches made although another process of the host had begun one of the same bytes, because it took too long.";
    counter FLIGHTS_FAILED "flight.failed" Count "Fetches that ended with an error.";
    counter FLIGHTS_CANCELLED "flight.cancelled" Count
        "Fetches dropped before they began because their stream was closed and nobody else waited for them.";
    counter SLOWED_DOWN "fetch.slowed-down" Count
        "Times that the number of requests at once to an endpoint was halved, because it asked for fewer.";
    gauge SLOWED_TO "fetch.slowed-to" Count
        "Requests at once that the endpoint which last asked for fewer was then allowed; it rises by one with each round of answers.";
    counter VALIDATED "validate.bytes" Bytes
        "Bytes answered from the cache that were compared with the store's: see fs.forebay.validate.sample.";
    counter VALIDATE_WRONG "validate.wrong" Count
        "Reads among them that differed; anything but 0 is a bug worth reporting.";
    counter VALIDATE_SKIPPED "validate.skipped" Count
        "Samples that were not compared: too many at once, or the store had no answer.";
    counter STALLED "read.stalled" Nanoseconds "Time readers spent waiting for a fetch.";
    gauge MEMORY_BUDGET "memory.flights.budget" Bytes "Memory that fetches may hold at once.";
    gauge MEMORY_FLIGHTS "memory.flights.used" Bytes
        "Memory held by fetches under way or on their way to the disk.";
    gauge FILES_OPEN "file.open" Count "Streams open now.";
    counter FILES_OPENED "file.opened" Count "Streams opened.";
    counter VECTORED "read.vectored" Count
        "Ranges that readers asked for by vectored reads; counted in Java.";
    counter LOOKED "status.by-get" Count
        "Statuses asked for by a GET that brought the file's last bytes as well, or all of a small file.";
    counter NOT_MODIFIED "status.not-modified" Count
        "Versions confirmed by a GET with If-None-Match, answered without a body.";
    counter LOOKED_BY_HEAD "status.by-head" Count
        "Statuses asked for by a HEAD of the library's own, since the file's last bytes were at hand.";
    counter ASKED_S3A "status.by-s3a" Count
        "Statuses asked for by S3A's own request, HEAD or LIST; counted in Java.";
    counter ASKED_AHEAD "status.ahead" Count
        "Statuses asked for before a task came to the file; counted in Java, and once more by how they were asked for.";
    counter CONFIRMED_BEFORE "status.confirmed-before" Count
        "Statuses given and versions pinned by an earlier answer of the store, for no request; counted in Java.";
    counter CONFIRMING_LISTINGS "status.confirming-listings" Count
        "Listings sent to confirm the files of a directory instead of a HEAD each; counted in Java.";
    counter REPLAYS "origin.replays" Count
        "Ranges that the library's own client could not get and the wrapped file system then read; counted in Java.";
}

/// Bytes fetched, by the reason of their plan, in the order of `Reason::ALL`.
pub(crate) static PLANNED: [&Metric; 12] = [
    &PLANNED_WHOLE,
    &PLANNED_TAIL,
    &PLANNED_FOOTER,
    &PLANNED_INDEX,
    &PLANNED_DICTIONARY,
    &PLANNED_PAGES,
    &PLANNED_CHUNK,
    &PLANNED_ROW_GROUP,
    &PLANNED_NEXT_ROW_GROUP,
    &PLANNED_NEXT_FILE,
    &PLANNED_SEQUENTIAL,
    &PLANNED_RANDOM,
];

/// Time waited, by the reason of the plan that the reader waits for.
pub(crate) static STALLED_FOR: [&Metric; 12] = [
    &STALLED_WHOLE,
    &STALLED_TAIL,
    &STALLED_FOOTER,
    &STALLED_INDEX,
    &STALLED_DICTIONARY,
    &STALLED_PAGES,
    &STALLED_CHUNK,
    &STALLED_ROW_GROUP,
    &STALLED_NEXT_ROW_GROUP,
    &STALLED_NEXT_FILE,
    &STALLED_SEQUENTIAL,
    &STALLED_RANDOM,
];

/// Adds bytes that a stream's window in Java answered by itself.
pub fn count_window_bytes(n: u64) {
    READ_WINDOW.add(n);
}

/// Every metric of the library, in the order of METRICS.md.
#[must_use]
pub fn metrics() -> Vec<&'static Metric> {
    let directories = forebay_cache::directory_metrics();
    [METRICS, forebay_cache::METRICS, forebay_origin::METRICS, &directories].concat()
}
