//! The numbers that plans are made with, each with its reason.
//!
//! The store they assume is an object store in the same region: 30 ms to the first byte and 90 MB/s
//! per connection, so 2.7 MB can be moved in the time that one more request costs.

use crate::{ReadPolicy, Refused};

/// No piece is longer: 8 MiB take 93 ms on one connection, three times the wait for its first byte.
/// Larger pieces would save hardly any requests and would keep the readers of their ends waiting;
/// 8–16 MiB is also where published measurements find requests against S3 cheapest.
pub const MAX_PIECE: u64 = 8 << 20;

/// No fewer bytes per piece, so that a wrong setting can't turn one read into thousands of requests.
const MIN_PIECE: u64 = 64 << 10;

/// No deeper look-ahead: past four row groups the reader, not the network, is the slower side.
pub(crate) const MAX_ROW_GROUPS: u32 = 4;

/// What a planner goes by. Engines fill the split from `openFile` options where they are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSettings {
    /// Whether anything is fetched that was not asked for.
    pub enabled: bool,
    /// Bytes from the end that the first read near it brings. 64 KiB hold the footer and page
    /// indexes of a 200 MB file with 16 columns (15 KB of footer) several times over and take 0.7 ms
    /// to move, a fortieth of the request's wait.
    pub tail: u64,
    /// Files up to this size come whole with their first read. 1 MiB takes 12 ms to move, less than
    /// half of the 30 ms that a second request would cost; at 2.7 MB it would cost as much as it
    /// saves even for a reader that wants every byte, and readers of columns want about a third.
    pub small_file: u64,
    /// Two wanted ranges closer than this are fetched as one. On an idle connection reading through
    /// 2.7 MB is cheaper than a request; but where the network is busy every unwanted byte costs, and
    /// that is the case in which it matters. 256 KiB take 2.9 ms, a tenth of a request.
    pub gap: u64,
    /// The longest piece; at most [`MAX_PIECE`].
    pub piece: u64,
    /// At most how many row groups ahead of the one being read. How many it is follows from Little's law
    /// once the reader's own time for one has been seen, and is one until then: that hides the wait for
    /// the next row group behind the decoding of this one, and wastes at most one where a reader stops
    /// early. Simulated on a store of 30 ms and 90 MB/s, two instead of one took a scan of four
    /// columns from 1.72 to 1.26 s where decoding is quick, and gave nothing where it isn't.
    pub row_groups: u32,
    /// Bytes that one plan asks for ahead of the reader. 128 MiB are a whole row group of the size
    /// most writers aim at. An engine that caches in memory only gives a share of its budget here, so
    /// that what was fetched ahead isn't evicted before it is read.
    pub ahead: u64,
    /// What a sequential reader gets ahead of it at first: about a third of what moves in the time
    /// of one request, so that a reader which stops after its header wastes little.
    pub sequential_first: u64,
    /// What a sequential reader gets ahead of it in the end, after doubling at each step; `ahead` bounds
    /// it too. It is fetched in eight parts, each on a connection of its own: at 90 MB/s each, eight
    /// connections move what one thread can take in (700 MB/s through JNI into an array).
    pub sequential_max: u64,
    /// What the opener said about the reads to come.
    pub policy: ReadPolicy,
    /// What experience with the directory speaks against.
    pub refused: Refused,
    /// Where the stream's split begins, if the caller said so.
    pub split_start: Option<u64>,
    /// Where the stream's split ends, if the caller said so. Row groups whose split point lies at or
    /// beyond it belong to somebody else.
    pub split_end: Option<u64>,
}

impl Default for PlanSettings {
    fn default() -> PlanSettings {
        PlanSettings {
            enabled: true,
            tail: 64 << 10,
            small_file: 1 << 20,
            gap: 256 << 10,
            piece: MAX_PIECE,
            row_groups: MAX_ROW_GROUPS,
            ahead: 128 << 20,
            sequential_first: 1 << 20,
            sequential_max: 64 << 20,
            policy: ReadPolicy::Adaptive,
            refused: Refused::default(),
            split_start: None,
            split_end: None,
        }
    }
}

impl PlanSettings {
    /// The same within the limits that the planner's invariants rest on.
    #[must_use]
    pub(crate) fn bounded(mut self) -> PlanSettings {
        self.piece = self.piece.clamp(MIN_PIECE, MAX_PIECE);
        self.tail = self.tail.min(self.piece);
        self.small_file = self.small_file.min(self.piece);
        self.gap = self.gap.min(self.piece);
        self.row_groups = self.row_groups.min(MAX_ROW_GROUPS);
        self.sequential_first = self.sequential_first.clamp(MIN_PIECE, MAX_PIECE);
        self.sequential_max =
            self.sequential_max.min(self.ahead).clamp(self.sequential_first, 64 << 20);
        self
    }
}
