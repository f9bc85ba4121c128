//! Small file systems in images, mounted on this machine: the only way to a disk that is really full.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A mounted image; dropping it takes it down.
#[derive(Debug)]
pub struct Volume {
    mount: PathBuf,
    image: PathBuf,
}

impl Volume {
    /// Makes a file system in `folder`: `kind` is `ext4` or `xfs`, `more` are further flags of mkfs.
    /// `None`, with a line that says why, where this machine or user can't.
    ///
    /// # Errors
    /// If files can't be made.
    pub fn make(
        folder: &Path,
        kind: &str,
        bytes: u64,
        more: &[&str],
    ) -> io::Result<Option<Volume>> {
        let image = folder.join(format!("{kind}.img"));
        let mount = folder.join(format!("{kind}.mnt"));
        std::fs::create_dir_all(&mount)?;
        std::fs::File::create(&image)?.set_len(bytes)?;
        let volume = Volume { mount, image };
        let mkfs =
            Command::new(format!("mkfs.{kind}")).arg("-q").args(more).arg(&volume.image).quiet();
        let mounted = mkfs
            && Command::new("mount")
                .args(["-o", "loop"])
                .arg(&volume.image)
                .arg(&volume.mount)
                .quiet();
        if !mounted {
            eprintln!("no {kind} image can be mounted here (root and loop devices are needed)");
            return Ok(None);
        }
        Ok(Some(volume))
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.mount
    }

    /// Bytes in use and bytes free, as the file system itself says; files that are open but have no
    /// name any more are in use.
    ///
    /// # Errors
    /// If it doesn't say.
    pub fn space(&self) -> io::Result<(u64, u64)> {
        let vfs = rustix::fs::statvfs(&self.mount)?;
        let used = vfs.f_blocks.saturating_sub(vfs.f_bfree);
        Ok((used * vfs.f_frsize, vfs.f_bavail * vfs.f_frsize))
    }

    /// Writes back what is only in memory.
    ///
    /// # Errors
    /// If that fails.
    pub fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(std::fs::File::open(&self.mount)?)?)
    }

    /// A file that takes all but `rest` bytes of what is free.
    ///
    /// # Errors
    /// If it can't be made.
    pub fn ballast(&self, rest: u64) -> io::Result<PathBuf> {
        let path = self.mount.join("ballast");
        let file = std::fs::File::create(&path)?;
        let (_, free) = self.space()?;
        let bytes = free.saturating_sub(rest);
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes.max(1))?;
        Ok(path)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let down = Command::new("umount").arg(&self.mount).quiet()
            || Command::new("umount").arg("-l").arg(&self.mount).quiet();
        if down {
            // The folder they lie in goes next anyway.
            let _ = std::fs::remove_file(&self.image);
        }
    }
}

trait Quiet {
    /// Whether it ended well; nothing is printed.
    fn quiet(&mut self) -> bool;
}

impl Quiet for Command {
    fn quiet(&mut self) -> bool {
        let status = self.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }
}
