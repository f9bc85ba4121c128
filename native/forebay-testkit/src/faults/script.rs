//! A body that follows a script: pieces, pauses, and an end that may be a break.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use tokio::time::Sleep;

use crate::hosting::{BodyError, Payload};

/// One step.
pub(super) enum Step {
    /// These bytes follow.
    Bytes(Bytes),
    /// Nothing follows for so long.
    Pause(Duration),
    /// The connection breaks.
    Break,
}

struct Script {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

/// A body of these steps. It does not tell its length.
pub(super) fn script(steps: impl IntoIterator<Item = Step>) -> Payload {
    Script { steps: steps.into_iter().collect(), pause: None }.boxed_unsync()
}

impl Body for Script {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Bytes(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Pause(time)) => {
                    self.pause = Some(Box::pin(tokio::time::sleep(time)));
                }
                Some(Step::Break) => {
                    let error = io::Error::new(io::ErrorKind::ConnectionReset, "a fault");
                    return Poll::Ready(Some(Err(error.into())));
                }
            }
        }
    }
}
