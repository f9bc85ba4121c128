//! A server that answers with what a test put into its mouth, right or wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Sends these bytes and closes the connection.
    Close(Vec<u8>),
    /// Sends these bytes, then nothing more; the connection stays open.
    Stall(Vec<u8>),
    /// Sends the head at once, then the body byte by byte with a pause before each.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// Sends these bytes, then letters for as long as they are taken.
    Endless(Vec<u8>),
}

pub(crate) struct Canned {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// Starts a server that gives its n-th request the n-th reply, and closes further ones.
    pub(crate) fn start(replies: Vec<Reply>) -> Canned {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        // Ends with the process; a connection takes a thread of its own, so none waits for another.
        std::thread::spawn(move || {
            let mut replies = replies.into_iter();
            for stream in listener.incoming().flatten() {
                let Some(head) = read_head(&stream) else { continue };
                seen.lock().unwrap().push(head);
                if let Some(reply) = replies.next() {
                    std::thread::spawn(move || answer(stream, reply));
                }
            }
        });
        Canned { address, heads }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests that came, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn read_head(mut stream: &TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).to_lowercase())
}

fn answer(mut stream: TcpStream, reply: Reply) {
    // The client may hang up in the midst of any of these: that ends the reply, no more.
    let _ = match reply {
        Reply::Close(bytes) => stream.write_all(&bytes),
        Reply::Stall(bytes) => stream.write_all(&bytes).and_then(|()| until_closed(&stream)),
        Reply::Drip(head, body, pause) => stream.write_all(&head).and_then(|()| {
            body.iter().try_for_each(|byte| {
                std::thread::sleep(pause);
                stream.write_all(&[*byte])
            })
        }),
        Reply::Endless(bytes) => stream.write_all(&bytes).and_then(|()| {
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        }),
    };
}

fn until_closed(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.read(&mut [0]).map(|_| ())
}

/// A right answer: bytes `start..start + body.len()` of an object of `total` bytes.
pub(crate) fn part(etag: &str, start: usize, total: usize, body: &[u8]) -> Vec<u8> {
    let end = start + body.len() - 1;
    let length = body.len().to_string();
    head(
        206,
        &[
            ("ETag", etag),
            ("Content-Range", &format!("bytes {start}-{end}/{total}")),
            ("Content-Length", &length),
        ],
        body,
    )
}

/// An answer of any kind.
pub(crate) fn head(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Status\r\n");
    for (name, value) in headers.iter().chain(&[("Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT")])
    {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut bytes = (text + "\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
