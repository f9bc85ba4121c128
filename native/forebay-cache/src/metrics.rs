//! What the cache counts. Bytes answered from it are counted by who asks.

use forebay_types::metric::{Metric, Unit};

macro_rules! rows {
    ($($name:ident = $shape:ident($text:literal, $unit:ident, $sentence:literal);)*) => {
        $(pub(crate) static $name: Metric = Metric::$shape($text, Unit::$unit, $sentence);)*
        /// Every metric of this crate.
        pub static METRICS: &[&Metric] = &[$(&$name),*];
    };
}

rows! {
    FILLED_BYTES = counter("cache.fill.bytes", Bytes, "Bytes of cells written to segments.");
    FILLED_RUNS = counter("cache.fill.runs", Count, "Writes of runs of cells.");
    FILLS_KNOWN = counter("cache.fill.known.bytes", Bytes, "Bytes not written because their cells were already there.");
    FILLS_REFUSED = counter("cache.fill.refused", Count, "Fills that were not admitted: queue, budget or free space.");
    FILLS_FAILED = counter("cache.fill.failed", Count, "Fills that a fault of the disk ended.");
    FILL_QUEUE = gauge("cache.fill.queue.bytes", Bytes, "Bytes of fills that wait to be written.");
    EVICTED_SEGMENTS = counter("cache.evict.segments", Count, "Segments this process evicted.");
    EVICTED_BYTES = counter("cache.evict.bytes", Bytes, "Bytes of disk that evicting freed.");
    SWEEPS = counter("cache.evict.sweeps", Count, "Times this process counted the directory to make room.");
    CORRUPT_CELLS = counter("cache.corrupt.cells", Count, "Cells dropped because they failed their check.");
    CORRUPT_SEGMENTS = counter("cache.corrupt.segments", Count, "Segments whose header was not what was meant.");
    FOREIGN_SEGMENTS = counter("cache.foreign.segments", Count, "Segments left alone because another format wrote them.");
    DISK_ERRORS = counter("cache.disk.errors", Count, "Errors of a cache disk; each was a miss.");
    DISK_OVERDUE = counter("cache.disk.overdue", Count, "Times a cache disk did not answer within 200 ms; the bytes came from elsewhere.");
    DISK_DOWN = counter("cache.disk.down", Count, "Times a cache directory was left alone after repeated errors.");
    REFRESHED = counter("cache.table.refreshes", Count, "Times a table was read again because a cell was not in it yet.");
    SEGMENT_OPENS = counter("cache.segment.opens", Count, "Segments opened for reading.");
    SEGMENTS_OPEN = gauge("cache.segment.open", Count, "Segments this process holds open.");
    READS_REFUSED = counter("cache.read.nowait.refused", Count, "Reads the kernel could not answer from memory at once.");
}
