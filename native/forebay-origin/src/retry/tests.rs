use super::*;

use forebay_types::{ETag, Error, Location, Version};
use parking_lot::Mutex;

const ATTEMPT_LENGTH: u64 = 10;

/// Delivers up to ten bytes (their values are their offsets), then fails with the next kind.
struct Breaking {
    kinds: Mutex<Vec<ErrorKind>>,
    asked: Mutex<Vec<Range<u64>>>,
}

impl Breaking {
    fn with(kinds: &[ErrorKind]) -> Retrying<Breaking> {
        let origin = Breaking {
            kinds: Mutex::new(kinds.iter().rev().copied().collect()),
            asked: Mutex::default(),
        };
        Retrying::new(origin, RetryPolicy { pause: Duration::ZERO, ..RetryPolicy::default() })
    }
}

#[async_trait]
impl Origin for Breaking {
    async fn fetch(
        &self,
        _identity: &Identity,
        range: Range<u64>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        self.asked.lock().push(range.clone());
        let kind = self.kinds.lock().pop();
        let end =
            if kind.is_some() { range.end.min(range.start + ATTEMPT_LENGTH) } else { range.end };
        let body: Vec<u8> = (range.start..end).map(|at| u8::try_from(at).unwrap()).collect();
        sink.accept(body.into())?;
        kind.map_or(Ok(()), |kind| Err(Error::new(kind, "fetch", "k", "broken")))
    }

    async fn head(&self, _key: &str) -> Result<Status> {
        Err(Error::new(ErrorKind::Unsupported, "head", "k", "nothing but fetches here"))
    }

    async fn look(&self, _look: &Look, _sink: &mut dyn TailSink) -> Result<Looked> {
        Err(Error::new(ErrorKind::Unsupported, "look", "k", "nothing but fetches here"))
    }
}

#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    refuses: Option<ErrorKind>,
}

impl Sink for Collected {
    fn accept(&mut self, bytes: Bytes) -> Result<()> {
        match self.refuses {
            Some(kind) => Err(Error::new(kind, "fetch", "k", "the sink is closed")),
            None => {
                self.bytes.extend_from_slice(&bytes);
                Ok(())
            }
        }
    }
}

fn identity() -> Identity {
    let location = Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: "b".into(),
        key: "k".into(),
        settings: 0,
    };
    let etag = ETag::strong("v1").unwrap();
    Identity::new(location, Version { etag, length: 100, version_id: None }).unwrap()
}

#[test]
fn a_policy_doubles_its_pause_and_ends() {
    let policy = RetryPolicy::default();
    let pauses: Vec<_> =
        (0..4).map(|n| policy.next(n, Duration::ZERO, ErrorKind::Origin)).collect();
    let ms = |n| Some(Duration::from_millis(n));
    assert_eq!(pauses, [ms(200), ms(400), ms(800), None]);
    assert_eq!(policy.next(0, Duration::from_secs(20), ErrorKind::TimedOut), None);
    assert_eq!(policy.next(u32::MAX, Duration::MAX, ErrorKind::Origin), None);
}

#[test]
fn a_policy_asks_again_only_where_that_may_help() {
    let policy = RetryPolicy::default();
    for kind in ErrorKind::ALL {
        let again = policy.next(0, Duration::ZERO, kind).is_some();
        assert_eq!(again, matches!(kind, ErrorKind::Origin | ErrorKind::TimedOut), "{kind:?}");
    }
}

#[tokio::test]
async fn a_broken_body_goes_on_where_it_broke() {
    let origin = Breaking::with(&[ErrorKind::Origin, ErrorKind::TimedOut, ErrorKind::Origin]);
    let mut sink = Collected::default();
    origin.fetch(&identity(), 5..60, &mut sink).await.unwrap();
    assert_eq!(sink.bytes, (5..60).collect::<Vec<u8>>());
    assert_eq!(*origin.origin().asked.lock(), [5..60, 15..60, 25..60, 35..60]);
}

#[tokio::test]
async fn the_last_error_is_the_answer_when_retries_are_used_up() {
    let origin = Breaking::with(&[ErrorKind::Origin; 4]);
    let mut sink = Collected::default();
    let error = origin.fetch(&identity(), 0..60, &mut sink).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Origin);
    assert_eq!(sink.bytes, (0..40).collect::<Vec<u8>>());
}

#[tokio::test]
async fn an_error_that_will_not_pass_is_not_retried() {
    let origin = Breaking::with(&[ErrorKind::Changed]);
    let error = origin.fetch(&identity(), 0..60, &mut Collected::default()).await.unwrap_err();
    assert_eq!((error.kind(), origin.origin().asked.lock().len()), (ErrorKind::Changed, 1));
}

#[tokio::test]
async fn a_sink_that_refuses_ends_the_fetch_whatever_its_kind() {
    let origin = Breaking::with(&[]);
    let mut sink = Collected { refuses: Some(ErrorKind::Origin), ..Collected::default() };
    let error = origin.fetch(&identity(), 0..60, &mut sink).await.unwrap_err();
    assert_eq!((error.message(), origin.origin().asked.lock().len()), ("the sink is closed", 1));
}
