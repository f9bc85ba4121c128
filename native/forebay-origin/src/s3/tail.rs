//! Status and tail of an object by one request.

use forebay_types::{ETag, Error, ErrorKind, Result};

use super::request::Call;
use super::{Encryption, S3Origin};
use crate::ask::{Ask, Proof, place, single};
use crate::origin::{Look, Looked, TailSink};

const LOOK: &str = "look";

impl S3Origin {
    /// One request, without retries: see [`crate::Origin::look`].
    pub(super) async fn tail(&self, look: &Look, sink: &mut dyn TailSink) -> Result<Looked> {
        let Look { key, suffix, known } = look;
        let suffix = (*suffix).max(1);
        let mut call = Call::new(LOOK, "GET", key).header("range", format!("bytes=-{suffix}"));
        if let Some(known) = known.as_ref().map(ETag::quoted) {
            call = call.header("if-none-match", known);
        }
        let proof = Proof::Tail { suffix, known: known.clone() };
        let answer = self.0.requests.send(&call, proof.clone()).await?;
        if answer.status() == 304 {
            return Ok(Looked::Unchanged(Encryption::of(304, answer.headers())));
        }
        let part = single(answer.headers(), "content-range").and_then(place);
        let (start, _, total) = part.ok_or_else(|| {
            let message = "the store's answer says no range";
            Error::new(ErrorKind::Origin, LOOK, self.shown(key), message)
        })?;
        if sink.begin(&self.status_of(&call, &answer, Some(total))?, start) {
            let ask = Ask::new(LOOK, self.shown(key), proof);
            self.0.deliver(&ask, answer, total - start, sink).await?;
        }
        Ok(Looked::Present)
    }
}
