//! An answer's body on its way down: [`Paced`] lets it out at its bandwidth, [`Counted`] around it
//! counts what leaves and ends the request with the last of it.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep_until};

use super::count::Exchange;
use super::pace::{Pace, STEP};
use crate::hosting::{BodyError, Payload};

type Polled = Poll<Option<Result<Frame<Bytes>, BodyError>>>;

/// How much of a body is read from the upstream before it is due. At 90 MB/s this bridges stalls of
/// 45 ms, so that the speed of a long body is the link's, not that of a server that reads its disk
/// in steps; without it, 200 MB from SeaweedFS came at 76 MB/s.
const AHEAD: usize = 4 << 20;

/// A body at a bandwidth. It is read at most [`AHEAD`] of what left, so a slow link slows the
/// upstream too.
pub(super) struct Paced {
    body: Payload,
    pace: Pace,
    /// Frames read ahead, and the bytes in them.
    ahead: VecDeque<Result<Frame<Bytes>, BodyError>>,
    ahead_bytes: usize,
    ended: bool,
    /// The rest of the frame whose turn it is.
    rest: Bytes,
    /// A slice that is not due yet, and the wait for it.
    held: Option<(Bytes, Pin<Box<Sleep>>)>,
}

impl Paced {
    pub(super) fn new(body: Payload, pace: Pace) -> Paced {
        Paced {
            body,
            pace,
            ahead: VecDeque::new(),
            ahead_bytes: 0,
            ended: false,
            rest: Bytes::new(),
            held: None,
        }
    }

    /// Reads what the upstream has ready.
    fn read_ahead(&mut self, context: &mut Context<'_>) {
        while !self.ended && self.ahead_bytes < AHEAD {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Pending => return,
                Poll::Ready(None) => self.ended = true,
                Poll::Ready(Some(frame)) => {
                    self.ended = frame.is_err();
                    let data = frame.as_ref().ok().and_then(Frame::data_ref);
                    self.ahead_bytes += data.map_or(0, Bytes::len);
                    self.ahead.push_back(frame);
                }
            }
        }
    }

    /// Whether nothing follows `rest`.
    fn drained(&self) -> bool {
        self.ahead.is_empty() && (self.ended || self.body.is_end_stream())
    }

    /// Takes the next slice of `rest`: out at once, or held until it is due.
    fn release(&mut self) -> Option<Bytes> {
        let slice = self.rest.split_to(self.pace.slice().min(self.rest.len()));
        let now = Instant::now();
        let due = self.pace.take(slice.len() as u64, now);
        let last = self.rest.is_empty() && self.drained();
        let early = if last { due } else { due.checked_sub(STEP).unwrap_or(due) };
        if early <= now {
            return Some(slice);
        }
        self.held = Some((slice, Box::pin(sleep_until(due.into()))));
        None
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        this.read_ahead(context);
        loop {
            if let Some((_, wait)) = &mut this.held {
                ready!(wait.as_mut().poll(context));
                let slice = this.held.take().map(|(slice, _)| slice);
                return Poll::Ready(slice.map(|slice| Ok(Frame::data(slice))));
            }
            if !this.rest.is_empty() {
                match this.release() {
                    Some(slice) => return Poll::Ready(Some(Ok(Frame::data(slice)))),
                    None => continue,
                }
            }
            match this.ahead.pop_front() {
                None if this.ended => return Poll::Ready(None),
                // `read_ahead` has asked for more: there was room, and nothing was ready.
                None => return Poll::Pending,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                    Ok(bytes) => {
                        this.ahead_bytes -= bytes.len();
                        this.rest = bytes;
                    }
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.rest.is_empty() && self.drained()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, |(slice, _)| slice.len());
        let here = (held + self.rest.len() + self.ahead_bytes) as u64;
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(here));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(here));
        }
        hint
    }
}

/// A body whose bytes are counted just before the client's connection gets them.
pub(super) struct Counted {
    body: Payload,
    exchange: Exchange,
}

impl Counted {
    pub(super) fn new(body: Payload, mut exchange: Exchange) -> Counted {
        if body.is_end_stream() {
            exchange.end();
        }
        Counted { body, exchange }
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            None => self.exchange.end(),
            // The exchange stays open and is counted as cut short when this body is dropped.
            Some(Err(_)) => {}
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                self.exchange.sent(bytes as u64);
                if self.body.is_end_stream() {
                    self.exchange.end();
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Waker;
    use std::time::Duration;

    use http_body_util::BodyExt;

    use super::*;
    use crate::content;
    use crate::proxy::Shape;

    const MB: u64 = 1_000_000;

    /// Frames of growing sizes, always ready, that count how many bytes were taken.
    struct Frames {
        at: usize,
        length: usize,
        taken: Arc<AtomicUsize>,
    }

    impl Body for Frames {
        type Data = Bytes;
        type Error = BodyError;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Polled {
            let size = (self.at / 3 + 1).min(200_000).min(self.length - self.at);
            if size == 0 {
                return Poll::Ready(None);
            }
            let frame = content::bytes(1, "k", 1, self.at as u64, size);
            self.at += size;
            self.taken.store(self.at, Ordering::Relaxed);
            Poll::Ready(Some(Ok(Frame::data(frame.into()))))
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact((self.length - self.at) as u64)
        }
    }

    fn paced(length: usize, rate: u64) -> (Paced, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let frames = Frames { at: 0, length, taken: taken.clone() };
        let shape = Shape { per_connection: Some(rate), ..Shape::default() };
        let pace = Pace::of(&shape, &Arc::default(), Instant::now()).unwrap();
        (Paced::new(frames.boxed_unsync(), pace), taken)
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
    }

    #[test]
    fn slices_make_up_the_body_and_its_length_is_known_throughout() {
        let length = (5 << 20) + 7;
        let begun = Instant::now();
        let (mut body, _) = paced(length, 400 * MB);
        let mut at = 0;
        runtime().block_on(async {
            while let Some(frame) = body.frame().await {
                let slice = frame.unwrap().into_data().unwrap();
                content::check(1, "k", 1, at as u64, &slice).unwrap();
                at += slice.len();
                assert_eq!(body.size_hint().exact(), Some((length - at) as u64));
            }
        });
        assert_eq!(at, length);
        assert!(body.is_end_stream());
        // Not a slice's step too early: the last one is paid in full.
        assert!(begun.elapsed() >= Duration::from_micros(length as u64 / 400));
    }

    #[test]
    fn a_body_is_read_ahead_but_not_far() {
        let runtime = runtime();
        let _within = runtime.enter();
        let (mut body, taken) = paced(64 << 20, 1);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            // At a byte per second nothing is due in this test's lifetime.
            assert!(Pin::new(&mut body).poll_frame(&mut context).is_pending());
        }
        let taken = taken.load(Ordering::Relaxed);
        assert!((AHEAD..AHEAD + 300_000).contains(&taken), "{taken} bytes were read");
    }
}
