//! The *forward* stage: requests go to the upstream server over one connection per client
//! connection, so that what a client does to its own connection happens to the server's.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::count::Tally;
use super::upload::Upload;
use crate::hosting::BodyError;

/// How long a connection to a server on this machine may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Where requests go.
#[derive(Debug)]
pub(super) struct Upstream {
    authority: String,
}

/// A client connection's way to the upstream.
#[derive(Debug)]
pub(super) struct Way {
    tally: Arc<Tally>,
    wire: Mutex<Option<Wire>>,
}

/// A connection to the upstream; it closes when dropped.
#[derive(Debug)]
struct Wire {
    sender: SendRequest<Upload>,
    task: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Upstream {
    pub(super) fn parse(url: &str) -> io::Result<Upstream> {
        let authority = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let whole = authority.filter(|authority| {
            let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
            port.is_some() && !authority.contains(['/', '?', '#', '@'])
        });
        let message = || format!("the upstream {url:?} is no http://host:port");
        let authority =
            whole.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, message()))?;
        Ok(Upstream { authority: authority.to_owned() })
    }

    async fn connect(&self, tally: &Tally) -> Result<Wire, BodyError> {
        let stream = tokio::time::timeout(CONNECT, TcpStream::connect(&self.authority)).await??;
        stream.set_nodelay(true)?;
        let mut http = http1::Builder::new();
        http.preserve_header_case(true);
        let (sender, connection) = http.handshake(TokioIo::new(stream)).await?;
        // Its errors come back through the requests it fails.
        let task = tokio::spawn(async move { connection.await.unwrap_or_default() });
        tally.upstream_connected();
        Ok(Wire { sender, task })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "http://{}", self.authority)
    }
}

impl Way {
    pub(super) fn new(tally: Arc<Tally>) -> Way {
        Way { tally, wire: Mutex::new(None) }
    }

    /// Sends a request and waits for the head of its answer. If the caller stops waiting, the
    /// connection is dropped.
    pub(super) async fn send(
        &self,
        upstream: &Upstream,
        mut request: Request<Upload>,
    ) -> Result<Response<Incoming>, BodyError> {
        loop {
            let (mut wire, reused) = match self.idle().await {
                Some(wire) => (wire, true),
                None => (upstream.connect(&self.tally).await?, false),
            };
            match wire.sender.try_send_request(request).await {
                Ok(answer) => {
                    *self.wire.lock() = Some(wire);
                    return Ok(answer);
                }
                // The server closed an idle connection as we took it: nothing was sent.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if reused => request = unsent,
                    _ => return Err(error.into_error().into()),
                },
            }
        }
    }

    /// The connection of the request before, if the server has kept it.
    async fn idle(&self) -> Option<Wire> {
        let mut wire = self.wire.lock().take()?;
        wire.sender.ready().await.is_ok().then_some(wire)
    }
}
