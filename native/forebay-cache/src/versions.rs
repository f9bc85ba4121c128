//! Which version of a key the host held last: a hint for a process that has just begun, never proof.
//!
//! Segments' names begin with the hash of their location, so all versions of a key lie on one shelf. Only
//! a header that repeats the whole location is believed, and what it says is asked of the store again
//! before anything is given out.

use std::ffi::{CStr, CString};
use std::io::IoSliceMut;
use std::os::fd::OwnedFd;

use forebay_types::{Identity, Location};
use rustix::fs::Mode;
use rustix::io::Errno;

use crate::directory::Directory;
use crate::disk;
use crate::evict::{each, open_directory};
use crate::header::{self, HEADER, Page};
use crate::recency::Recency;
use crate::segment::{OPEN, pread};

/// The version of `location` whose segments in `directory` were filled or touched last, with when.
pub(crate) fn latest(
    directory: &Directory,
    location: &Location,
    hash: u128,
) -> Result<Option<(Recency, Identity)>, Errno> {
    let shelf = CString::new(header::shelf(hash)).unwrap_or_default();
    let shelf = match open_directory(&directory.root(), &shelf) {
        Ok(shelf) => shelf,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error),
    };
    let prefix = header::prefix(hash);
    let mut newest: Option<(Recency, CString)> = None;
    each(&shelf, |name, status| {
        let bytes = name.to_bytes();
        if bytes.starts_with(prefix.as_bytes()) && header::is_segment(bytes) {
            let recency = Recency::of(status);
            if newest.as_ref().is_none_or(|(latest, _)| used_at(*latest) < used_at(recency)) {
                newest = Some((recency, name.to_owned()));
            }
        }
        Ok(())
    })?;
    let Some((recency, name)) = newest else { return Ok(None) };
    let identity = described(&shelf, &name)?.filter(|found| found.location() == location);
    Ok(identity.map(|identity| (recency, identity)))
}

/// Which of two was used last, whatever their class.
pub(crate) fn used_at(recency: Recency) -> i64 {
    match recency {
        Recency::Once(at) | Recency::Again(at) => at,
    }
}

/// Whose segment it is, as far as its header can be believed.
fn described(shelf: &OwnedFd, name: &CStr) -> Result<Option<Identity>, Errno> {
    let file = match disk::open(shelf, name, OPEN, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut page = vec![0; HEADER];
    let read = pread(&file, &mut [IoSliceMut::new(&mut page)], 0)?;
    page.truncate(read);
    Ok(match header::parse(&page) {
        Page::Ours(identity, _) => Some(*identity),
        Page::Blank | Page::Foreign | Page::Broken => None,
    })
}
