//! What the end of an object says, as far as it can be had without waiting.

use std::sync::Arc;

use forebay_plan::{Footer, Tail, parse_tail};

use crate::engine::Engine;
use crate::object::Object;

/// `tail` is how many bytes of it a reader would ask for.
pub(crate) fn tail_at_hand(object: &Object, tail: u64) -> Option<Tail> {
    let length = object.identity.length();
    let end = |bytes: u64| length.saturating_sub(bytes)..length;
    // The last cell first: on the way to a cold file it is the cheapest to find missing.
    let mut bytes = object.peek(end(8))?;
    // ORC says by its last bytes how long its postscript is, and there how long its footer is.
    for _ in 0..3 {
        match parse_tail(&bytes, length) {
            Tail::NeedMore(needed) => {
                let needed = needed.min(length);
                let more = object.peek(end(needed.max(tail.min(length))));
                bytes = more.or_else(|| object.peek(end(needed)))?;
            }
            decided @ (Tail::Footer(_) | Tail::NotColumnar | Tail::Broken(_)) => {
                return Some(decided);
            }
        }
    }
    None
}

/// The footer, if it is in memory or at the end of what is at hand.
pub(crate) fn footer_at_hand(engine: &Engine, object: &Object, tail: u64) -> Option<Arc<Footer>> {
    if let Some(footer) = engine.footers.get(object.identity.as_ref()) {
        return Some(footer);
    }
    match tail_at_hand(object, tail)? {
        Tail::Footer(footer) => {
            engine.footers.insert(Arc::clone(&object.identity), Arc::clone(&footer));
            Some(footer)
        }
        Tail::NotColumnar | Tail::Broken(_) | Tail::NeedMore(_) => None,
    }
}
