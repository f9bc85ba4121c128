//! How a server of this crate lives: a [`Host`] is a thread with its own runtime that serves until
//! it is dropped. Listeners are bound before the thread starts, so the address is known, and a
//! failure to bind is the caller's error.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

/// What may go wrong in a body.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of every answer.
pub(crate) type Payload = UnsyncBoxBody<Bytes, BodyError>;

/// How long a stopped server's tasks may take to end.
const STOP: Duration = Duration::from_secs(2);

/// A running server.
#[derive(Debug)]
pub(crate) struct Host {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Runs `main` and all it spawns on `threads` workers until the host is dropped.
    pub(crate) fn start<F>(name: &str, threads: usize, main: F) -> io::Result<Host>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name(name)
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let body = move || {
            runtime.spawn(main);
            // An error only says that the sender is gone, which is a stop as well.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_timeout(STOP);
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(body)?;
        Ok(Host { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been printed already.
            let _ = thread.join();
        }
    }
}

/// Binds 127.0.0.1; port 0 picks a free one.
pub(crate) fn bind(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves every connection of `listener` with a service of its own.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    http: http1::Builder,
    for_connection: impl Fn() -> S + Send,
) where
    S: Service<Request<Incoming>, Response = Response<Payload>>,
    S::Error: Into<BodyError>,
    S: Send + 'static,
    S::Future: Send,
{
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it small answers wait for the peer's delayed acknowledgement.
                let _ = stream.set_nodelay(true);
                let serving = http.serve_connection(TokioIo::new(stream), for_connection());
                // A connection's error is a client that left; whoever counts has noticed.
                tokio::spawn(async move { serving.await.unwrap_or_default() });
            }
            // Out of descriptors, most likely: let connections end before the next try.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// A body that is known as a whole.
pub(crate) fn whole(body: impl Into<Bytes>) -> Payload {
    Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()
}

/// An answer of a known body and a content type.
pub(crate) fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<Payload> {
    let mut answer = Response::new(whole(body));
    *answer.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static(kind);
    answer.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    answer
}
