//! Whether a cache could be made where there is none, without making it.

use std::path::Path;

use forebay_types::{ErrorKind, Result};
use rustix::fs::Access;
use rustix::io::Errno;

use super::{Inspection, error, failed};
use crate::directory::{unfit_file_system, unsafe_parent};

impl Inspection {
    /// Whether a process of this user could make its cache in `parent`, which need not be there yet.
    ///
    /// # Errors
    /// `AccessDenied` where it could not, with what to do.
    pub fn prospect(parent: &Path) -> Result<()> {
        let refuse = |path: &Path, why: &str| Err(error(ErrorKind::AccessDenied, path, why));
        if !parent.is_absolute() {
            return refuse(parent, "is not absolute");
        }
        for path in parent.ancestors() {
            let status = match rustix::fs::stat(path) {
                Ok(status) => status,
                Err(Errno::NOENT) => continue,
                Err(found) => return Err(failed(path, "examined", found)),
            };
            if !rustix::fs::FileType::from_raw_mode(status.st_mode).is_dir() {
                return refuse(path, "is not a directory; remove it");
            }
            // What is made below a directory open to all is our own, and private.
            if let Some(reason) = unsafe_parent(&status).filter(|_| path == parent) {
                return refuse(path, &reason);
            }
            let kind = rustix::fs::statfs(path).map_err(|found| failed(path, "examined", found))?;
            if let Some(kind) = unfit_file_system(i128::from(kind.f_type)) {
                let why = "which cannot serve as a disk cache; name a local disk";
                return refuse(path, &format!("lies on {kind}, {why}"));
            }
            return match rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK) {
                Ok(()) => Ok(()),
                Err(_) => refuse(path, "may not be written by this user; name another place"),
            };
        }
        refuse(parent, "is not there")
    }
}
