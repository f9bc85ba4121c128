//! What a store, or the way to it, may do to the answer of a GET, by seed and probability.
//!
//! A fault has two sides. Before the request is answered it may change what is asked (another range,
//! no range); after that it changes the answer: its status, its headers, its body, or when and
//! whether the body comes. [`Faults`] decides which requests are hit, by a seed and one probability
//! per kind, and counts. Both the bucket in this process ([`crate::origin`]) and the proxy in front
//! of a real server ([`crate::proxy`]) put their answers through it.
//!
//! Every kind can be told from a good answer by what a client may check (status, ETag, range,
//! length, time), so a client that hands out a wrong byte under any of them is at fault. Bits flipped
//! on the way are not among them: over plain HTTP no client could tell.

mod script;
mod spoil;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::content::mix;

pub(crate) use spoil::{Refused, ask_otherwise, spoil};

macro_rules! kinds {
    ($($kind:ident $name:literal $sentence:literal;)*) => {
        /// The kinds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum OriginFault {
            $(#[doc = $sentence] $kind,)*
        }

        impl OriginFault {
            /// Every kind.
            pub const ALL: &'static [OriginFault] = &[$(OriginFault::$kind),*];

            /// The name used in JSON and on command lines.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(OriginFault::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    Refuse "refuse" "The connection ends without an answer.";
    Reset "reset" "The connection breaks in the middle of the body.";
    Stall "stall" "The body stops for the time of a hang, half of it sent.";
    Drip "drip" "The body comes byte by byte.";
    HungFirstByte "hung-first-byte" "The answer does not begin for the time of a hang.";
    Error500 "500" "Status 500.";
    SlowDown "503" "Status 503, slow down.";
    RetryAfter "503-retry-after" "Status 503 with a time to retry after.";
    TooMany "429" "Status 429.";
    Forbidden "403" "Status 403.";
    Absent "404" "Status 404.";
    Precondition "412" "Status 412, although the version is the one asked for.";
    Beyond "416" "Status 416, although the range lies inside.";
    ErrorIn200 "error-in-200" "Status 200 with an error as its body.";
    WholeForRange "whole-for-range" "Status 200 with the whole object for a range.";
    WrongContentRange "wrong-content-range" "A Content-Range that is not the one asked for.";
    ShortBody "short-body" "A body that ends before its Content-Length.";
    LongBody "long-body" "A body, and Content-Length, longer than the range.";
    NoLength "no-length" "No Content-Length.";
    EtagChanged "etag-changed" "The right bytes under another ETag.";
    EtagMissing "etag-missing" "No ETag.";
    EtagWeak "etag-weak" "A weak ETag.";
    OtherRange "other-range" "Another range of the object, as its Content-Range says.";
    OtherVersion "other-version" "Other bytes under another ETag, If-Match ignored.";
    Redirect "redirect" "A redirection to another host.";
}

impl OriginFault {
    /// The kind called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<OriginFault> {
        OriginFault::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Which answers are spoiled, and how often it happened.
#[derive(Debug)]
pub struct Faults {
    seed: u64,
    /// Kinds with their chances in a million, summed up.
    chances: Vec<(OriginFault, u64)>,
    prefix: String,
    /// How long a hang lasts: longer than the client's patience, or it is none.
    pub(crate) hang: Duration,
    asked: AtomicU64,
    injected: Vec<AtomicU64>,
}

impl Faults {
    /// Each kind with its chance, in a million, to hit a request for a key that begins with `prefix`.
    #[must_use]
    pub fn new(
        seed: u64,
        per_million: &[(OriginFault, u64)],
        prefix: &str,
        hang: Duration,
    ) -> Faults {
        let mut sum = 0;
        let chances = per_million.iter().map(|(kind, chance)| {
            sum += chance;
            (*kind, sum)
        });
        Faults {
            seed,
            chances: chances.collect(),
            prefix: prefix.to_owned(),
            hang,
            asked: AtomicU64::new(0),
            injected: OriginFault::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// The fault that hits the next request for `key`, if one does.
    pub(crate) fn pick(&self, key: &str) -> Option<OriginFault> {
        if !key.starts_with(&self.prefix) {
            return None;
        }
        let draw = mix(self.seed ^ mix(self.asked.fetch_add(1, Ordering::Relaxed))) % 1_000_000;
        let (kind, _) = self.chances.iter().find(|(_, below)| draw < *below)?;
        let place = OriginFault::ALL.iter().position(|other| other == kind)?;
        self.injected.get(place)?.fetch_add(1, Ordering::Relaxed);
        Some(*kind)
    }

    /// How often each kind was injected.
    #[must_use]
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        let counts = self.injected.iter().map(|count| count.load(Ordering::Relaxed));
        OriginFault::ALL.iter().map(|kind| kind.name()).zip(counts).collect()
    }
}

#[cfg(test)]
mod tests;
