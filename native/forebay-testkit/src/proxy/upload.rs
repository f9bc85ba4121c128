//! A request's body on its way up, counted as it comes.
//!
//! With `Expect: 100-continue`, nothing is asked of the client before the upstream has said
//! "continue": polling the client's body is what makes hyper say it to the client. If the upstream
//! answers without it, the body is dropped unasked, and hyper closes the client's connection after
//! the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::EXPECT;
use hyper::{Request, StatusCode};
use tokio::sync::watch;

/// How long a server that was asked for "continue" may keep silent before the body goes anyway,
/// as RFC 9110 asks of clients.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the upstream said to an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Unsaid,
    Continue,
    Answered,
}

/// A request's body; none once the upstream has answered without asking for it.
pub(super) struct Upload {
    body: Option<Incoming>,
    count: Box<dyn Fn(u64) + Send>,
    gate: Option<Pin<Box<dyn Future<Output = Word> + Send>>>,
}

/// What a request that expects a word waits for.
#[derive(Debug, Clone)]
pub(super) struct Expectation {
    word: Arc<watch::Sender<Word>>,
}

impl Expectation {
    /// The upstream has answered: a body that it hasn't asked for is not wanted.
    pub(super) fn answered(&self) {
        self.say(Word::Answered);
    }

    /// The first word counts.
    fn say(&self, said: Word) {
        self.word.send_if_modified(|word| {
            let first = *word == Word::Unsaid;
            if first {
                *word = said;
            }
            first
        });
    }

    /// Ends with the first word, or when the upstream was silent for too long.
    fn heard(&self) -> impl Future<Output = Word> + Send + 'static {
        let mut word = self.word.subscribe();
        async move {
            let said = word.wait_for(|word| *word != Word::Unsaid);
            match tokio::time::timeout(PATIENCE, said).await {
                Ok(Ok(word)) => *word,
                Ok(Err(_)) => Word::Answered,
                Err(_) => Word::Continue,
            }
        }
    }
}

/// Makes a client's request one for the upstream, whose body's bytes go to `count`.
pub(super) fn upload(
    request: Request<Incoming>,
    count: impl Fn(u64) + Send + 'static,
) -> (Request<Upload>, Expectation) {
    let expects = request.headers().get(EXPECT);
    let expects = expects.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let expectation = Expectation { word: Arc::new(watch::Sender::new(Word::Unsaid)) };
    let count = Box::new(count);
    let mut request = request.map(|body| Upload { body: Some(body), count, gate: None });
    if expects {
        request.body_mut().gate = Some(Box::pin(expectation.heard()));
        let listening = expectation.clone();
        hyper::ext::on_informational(&mut request, move |answer| {
            if answer.status() == StatusCode::CONTINUE {
                listening.say(Word::Continue);
            }
        });
    }
    (request, expectation)
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(gate) = &mut self.gate {
            let word = ready!(gate.as_mut().poll(context));
            self.gate = None;
            if word == Word::Answered {
                self.body = None;
            }
        }
        // A body that is not wanted never comes; an error would break off the answer.
        let Some(body) = &mut self.body else { return Poll::Pending };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
        {
            (self.count)(bytes.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_some_and(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}
