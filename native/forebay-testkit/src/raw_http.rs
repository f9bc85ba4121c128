//! HTTP by hand for tests: what is sent and what is received are the bytes on the wire.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A test that waits longer than this has failed.
const LIMIT: Duration = Duration::from_secs(30);

/// One end of a connection.
pub(crate) struct Peer {
    stream: BufReader<TcpStream>,
}

/// A message as received; its head verbatim, with the empty line at its end.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The text between `<name>` tags, each time it occurs.
    pub(crate) fn tags(&self, name: &str) -> Vec<&str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let parts = self.text().split(&open).skip(1);
        parts.map(|part| part.split(&close).next().unwrap()).collect()
    }
}

impl Peer {
    pub(crate) fn connect(url: &str) -> Peer {
        let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        Peer::of(TcpStream::connect(address).unwrap())
    }

    pub(crate) fn accept(listener: &TcpListener) -> Peer {
        Peer::of(listener.accept().unwrap().0)
    }

    fn of(stream: TcpStream) -> Peer {
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Peer { stream: BufReader::with_capacity(1 << 16, stream) }
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Writes until the other side is gone.
    pub(crate) fn write_until_refused(&mut self) {
        let block = [7; 1 << 16];
        loop {
            if let Err(error) = self.stream.get_mut().write_all(&block) {
                return assert_gone(&error);
            }
        }
    }

    /// Reads a head; empty if the connection has ended.
    pub(crate) fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && self.stream.read_line(&mut head).unwrap() > 0 {}
        head
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// What comes until the end of the connection, orderly or not.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Err(error) = self.stream.read_to_end(&mut bytes) {
            assert_gone(&error);
        }
        bytes
    }

    /// Reads a whole message of known length or in chunks; `bodiless` for what answers a HEAD.
    pub(crate) fn message(&mut self, bodiless: bool) -> Message {
        let mut message = Message { head: self.head(), body: Vec::new() };
        if bodiless || message.head.starts_with("HTTP/1.1 304") {
            return message;
        }
        if let Some(length) = message.header("content-length") {
            let length = length.parse().unwrap();
            message.body = self.bytes(length);
        } else if message.header("transfer-encoding") == Some("chunked") {
            loop {
                let mut line = String::new();
                self.stream.read_line(&mut line).unwrap();
                let length = usize::from_str_radix(line.trim(), 16).unwrap();
                let chunk = self.bytes(length + 2);
                message.body.extend(&chunk[..length]);
                if length == 0 {
                    break;
                }
            }
        }
        message
    }

    /// Sends a request without more headers than asked for and reads its answer.
    pub(crate) fn ask(&mut self, line: &str, headers: &[(&str, &str)]) -> Message {
        self.ask_with(line, headers, None)
    }

    pub(crate) fn ask_with(
        &mut self,
        line: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Message {
        let mut head = format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        body.iter().for_each(|body| head += &format!("Content-Length: {}\r\n", body.len()));
        self.write(head + "\r\n");
        body.iter().for_each(|body| self.write(body));
        self.message(line.starts_with("HEAD"))
    }
}

/// A connection that the other side broke off has ended; one that timed out has not.
fn assert_gone(error: &Error) {
    let gone = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::ConnectionAborted];
    assert!(gone.contains(&error.kind()), "the connection is still there: {error}");
}

/// A listener on a free port of 127.0.0.1, and its URL.
pub(crate) fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Waits for something that another thread brings about and nobody announces.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}
