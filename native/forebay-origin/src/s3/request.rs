//! Where a bucket's calls go, and who makes them: signed by object_store's own signer, and sent by the
//! same client, past the same checks, as reads are.

use std::sync::Arc;
use std::time::Duration;

use forebay_types::{ErrorKind, Result};
use object_store::aws::AwsAuthorizer;
use object_store::client::{HttpClient, HttpRequest, HttpResponse};

use super::machine::Machine;
use super::place::Place;
use super::signing::{CannotSign, credential_of};
use super::{S3Settings, failure};
use crate::ask::{Ask, Proof};
use crate::body;
use crate::call::spelt;
use crate::credentials::{Credentials, SharedCredentials};

pub(super) use crate::call::{Answered, Call};

/// A bucket that calls are sent to.
#[derive(Debug)]
pub(super) struct Requests {
    client: HttpClient,
    /// The URL before the key, without a slash at its end.
    base: String,
    bucket: String,
    region: String,
    credentials: Arc<SharedCredentials>,
    machine: Machine,
    stall: Duration,
}

impl Requests {
    pub(super) fn new(
        settings: &S3Settings,
        place: &Place,
        client: HttpClient,
        credentials: Arc<SharedCredentials>,
    ) -> Requests {
        let base = if place.virtual_hosted {
            place.endpoint.clone()
        } else {
            format!("{}/{}", place.endpoint, settings.bucket)
        };
        let S3Settings { bucket, region, stall_timeout, .. } = settings.clone();
        let machine = Machine::default();
        Requests { client, base, bucket, region, credentials, machine, stall: stall_timeout }
    }

    fn shown(&self, call: &Call) -> String {
        format!("s3://{}/{}", self.bucket, call.key)
    }

    /// The bucket's and key's spelling in a header that names another object.
    pub(super) fn source(&self, key: &str) -> String {
        format!("{}/{}", self.bucket, spelt(key))
    }

    /// Sends one call; the answer is a success, and what `proof` asks for.
    ///
    /// # Errors
    /// As `Origin::fetch`; `Unsupported` for a key that can't be sent, `InvalidArgument` for an empty one.
    pub(super) async fn send(&self, call: &Call, proof: Proof) -> Result<HttpResponse> {
        let ask = Ask::new(call.operation, self.shown(call), proof);
        let mut request = call.request(&ask, &self.url(&call.key))?;
        self.sign(&ask, &mut request).await?;
        let answer = self.client.execute(request).await;
        answer.map_err(|cause| failure::of_http(&ask, cause))
    }

    /// Sends one call and reads its answer.
    ///
    /// # Errors
    /// As [`Requests::send`].
    pub(super) async fn answer(&self, call: &Call) -> Result<Answered> {
        let proof = Proof::Done { work: call.work };
        let ask = Ask::new(call.operation, self.shown(call), proof.clone());
        let answer = self.send(call, proof).await?;
        let headers = answer.headers().clone();
        // A store that copies sends spaces while it works.
        let body = body::whole(&ask, answer, call.most, self.stall + call.work).await?;
        let code = failure::code_of(&body);
        // What it worked on may have failed after it had said that it succeeds.
        if !code.is_empty() && !call.work.is_zero() {
            let message = format!("the store began and then failed: code {code}");
            return Err(ask.error(ErrorKind::Origin, message));
        }
        Ok(Answered { headers, body })
    }

    fn url(&self, key: &str) -> String {
        format!("{}/{}", self.base, spelt(key))
    }

    async fn sign(&self, ask: &Ask, request: &mut HttpRequest) -> Result<()> {
        let refused = |reason: CannotSign| ask.error(reason.kind(), reason.to_string());
        let held = self.credentials.current();
        let credential = match held.as_deref() {
            Some(Credentials::Anonymous) => return Ok(()),
            Some(Credentials::Keys { access_key, secret_key, session_token }) => {
                credential_of(access_key, secret_key, session_token.as_ref()).map_err(refused)?
            }
            Some(Credentials::Of(who)) => {
                let machine = &self.machine;
                machine.credential(*who, &self.region, ask.operation, &ask.path).await?
            }
            None => return Err(refused(CannotSign::NoneYet)),
        };
        let authorizer = AwsAuthorizer::new(&credential, "s3", &self.region);
        authorizer.try_authorize(request, None).map_err(|cause| {
            ask.error(ErrorKind::Internal, "the request could not be signed").with_source(cause)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::Connections;

    fn url_of(key: &str, path_style: bool) -> String {
        let settings = S3Settings {
            endpoint: Some("http://store.local:9000".to_owned()),
            bucket: "lake".to_owned(),
            path_style,
            ..S3Settings::default()
        };
        let place = Place::of(&settings).unwrap();
        let client =
            super::super::wire::connect(&settings, &place, &Connections::default(), None).unwrap();
        let requests = Requests::new(&settings, &place, client, Arc::default());
        let call = Call::new("list", "GET", key).query("prefix", "a b/+");
        call.url(&requests.url(key))
    }

    #[test]
    fn a_key_is_spelt_byte_for_byte() {
        for (key, spelt) in [
            ("a/b=1/c d", "a/b%3D1/c%20d"),
            ("%2F+", "%252F%2B"),
            ("a//b/", "a//b/"),
            ("ü", "%C3%BC"),
            ("a\nb", "a%0Ab"),
            ("", ""),
        ] {
            let url = format!("http://store.local:9000/lake/{spelt}?prefix=a%20b%2F%2B");
            assert_eq!(url_of(key, true), url);
            let url = format!("http://lake.store.local:9000/{spelt}?prefix=a%20b%2F%2B");
            assert_eq!(url_of(key, false), url);
        }
    }
}
