//! The proxy between a client and an upstream that both speak HTTP by hand, so that "unchanged" is
//! a matter of bytes; and in front of the in-process bucket, where counts must be exact.

mod counting;
mod passing;
mod shaping;

use std::net::TcpListener;
use std::thread::JoinHandle;

use serde_json::Value;

use super::*;
use crate::origin::Bucket;
use crate::raw_http::{Peer, eventually, listen};

/// A proxy in front of an upstream that is `serve`, run with the listener on a thread.
fn before<T: Send + 'static>(
    serve: impl FnOnce(TcpListener) -> T + Send + 'static,
) -> (Proxy, JoinHandle<T>) {
    let (listener, url) = listen();
    let proxy = Proxy::start(ProxySettings::to(url)).unwrap();
    (proxy, std::thread::spawn(move || serve(listener)))
}

/// A proxy in front of a bucket, and a connection to it.
fn before_bucket() -> (Bucket, Proxy, Peer) {
    let bucket = Bucket::start().unwrap();
    let proxy = Proxy::start(ProxySettings::to(bucket.url())).unwrap();
    let peer = Peer::connect(&proxy.url());
    (bucket, proxy, peer)
}

/// Asks the control port; its answer's JSON.
fn control(proxy: &Proxy, line: &str, body: Option<&str>) -> (u16, Value) {
    let mut peer = Peer::connect(&proxy.control_url());
    let answer = peer.ask_with(line, &[], body.map(str::as_bytes));
    (answer.status(), serde_json::from_slice(&answer.body).unwrap())
}
