//! What a wrapped file system does for a delegate store: reads ranges on the caller's thread, each by a
//! request of its own that names the version the stream was opened at.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::Range;

use forebay_engine::{ErrorKind, File, Version};
use forebay_testkit::origin::Bucket;

/// The store that is wrapped.
#[derive(Debug, Clone)]
pub struct Wrapped {
    /// Its address, as in `127.0.0.1:1234`.
    pub address: String,
}

impl Wrapped {
    /// Does what [`forebay_engine::ReadStep::Delegate`] asks for: brings what a read of `demand` bytes
    /// at `position` lacks.
    ///
    /// # Errors
    /// `Changed` where the object is no more what it was, else the kind of what went wrong.
    pub fn bring(
        &self,
        file: &File,
        key: &str,
        version: &Version,
        position: u64,
        demand: u64,
    ) -> Result<(), ErrorKind> {
        let mut failed = None;
        for claim in file.claims(position, demand).map_err(|error| error.kind())? {
            let range = claim.offset..claim.offset + claim.length;
            let got = match failed {
                None => self.get(key, version, range),
                Some(kind) => Err(kind),
            };
            match got {
                Ok(bytes) => file.land(claim.flight, &bytes).map_err(|error| error.kind())?,
                Err(kind) => {
                    failed = Some(kind);
                    file.abandon(claim.flight);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn get(&self, key: &str, version: &Version, range: Range<u64>) -> Result<Vec<u8>, ErrorKind> {
        let request = format!(
            "GET /{}/{key} HTTP/1.1\r\nHost: {}\r\nIf-Match: \"{}\"\r\nRange: bytes={}-{}\r\n\
             Connection: close\r\n\r\n",
            Bucket::NAME,
            self.address,
            version.etag,
            range.start,
            range.end - 1,
        );
        let mut answer = Vec::new();
        let asked = TcpStream::connect(&self.address).and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            stream.read_to_end(&mut answer)
        });
        asked.map_err(|_| ErrorKind::Origin)?;
        match answer.get(9..12) {
            Some(b"206") => {}
            Some(b"412") => return Err(ErrorKind::Changed),
            Some(_) | None => return Err(ErrorKind::Origin),
        }
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n");
        let body = head.map(|at| answer.split_off(at + 4)).unwrap_or_default();
        let whole = body.len() as u64 == range.end - range.start;
        whole.then_some(body).ok_or(ErrorKind::Origin)
    }
}
