use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;

fn place() -> tempfile::TempDir {
    let beside = std::env::current_exe().unwrap();
    tempfile::tempdir_in(beside.parent().unwrap()).unwrap()
}

fn ours(parent: &Path) -> PathBuf {
    parent.join(format!("forebay-{}", rustix::process::geteuid().as_raw()))
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn refused(parent: &Path) -> String {
    let refusal = Directory::open_in(parent).unwrap_err();
    assert!(refusal.path().starts_with(parent));
    refusal.to_string()
}

#[test]
fn a_missing_place_is_made_for_us_alone() {
    let place = place();
    let parent = place.path().join("not/yet/there");
    let directory = Directory::open_in(&parent).unwrap();
    assert_eq!(directory.path(), ours(&parent));
    for path in [parent.as_path(), directory.path()] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o700);
    }
    assert!(Directory::open_in(&parent).is_ok(), "and opened again");
}

#[test]
fn what_is_not_our_directory_is_refused() {
    let place = place();
    let parent = place.path();
    let path = ours(parent);
    let elsewhere = parent.join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(refused(parent).contains("not a directory"));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    assert!(refused(parent).contains("not a directory"));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    for wrong in [0o755, 0o770, 0o777, 0o500] {
        mode(&path, wrong);
        assert!(refused(parent).contains("chmod 0700"));
    }
    mode(&path, 0o700);
    assert!(Directory::open_in(parent).is_ok());
    let mut status = rustix::fs::stat(&path).unwrap();
    assert_eq!(not_ours(&status), None);
    status.st_uid += 1;
    assert!(not_ours(&status).is_some_and(|reason| reason.contains("belongs to user")));
}

#[test]
fn a_parent_that_others_may_rename_in_is_refused() {
    let place = place();
    let parent = place.path().join("open");
    std::fs::create_dir(&parent).unwrap();
    mode(&parent, 0o777);
    assert!(refused(&parent).contains("writable for everyone"));
    mode(&parent, 0o1777);
    assert!(Directory::open_in(&parent).is_ok(), "sticky and ours");
    let mut status = rustix::fs::stat(&parent).unwrap();
    status.st_uid += 1;
    assert!(unsafe_parent(&status).is_some(), "sticky and another's");
}

#[test]
fn memory_and_network_file_systems_are_refused() {
    assert_eq!(unfit_file_system(0x0102_1994), Some("tmpfs"));
    assert_eq!(unfit_file_system(0x6969), Some("NFS"));
    // CIFS has its top bit set, and comes as a negative number where the field is signed.
    assert_eq!(unfit_file_system(-0x00ac_b2be), Some("SMB"));
    assert_eq!(unfit_file_system(0xef53), None, "ext4");
    assert_eq!(unfit_file_system(0x5846_5342), None, "XFS");
    if Path::new("/dev/shm").exists() {
        let place = tempfile::tempdir_in("/dev/shm").unwrap();
        assert!(refused(place.path()).contains("local disk"));
    }
}

#[test]
fn a_file_where_the_place_should_be_is_refused() {
    let place = place();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refusal = Directory::open_in(&file).unwrap_err();
    assert!(refusal.to_string().starts_with("cache directory"));
}

#[test]
fn a_directory_that_was_removed_is_made_anew_by_the_one_that_finds_out() {
    let place = place();
    let directory = Directory::open_in(place.path()).unwrap();
    std::fs::remove_dir_all(directory.path()).unwrap();
    for _ in 0..3 {
        directory.fault("try", Errno::IO);
    }
    assert!(directory.is_down() && !directory.may_use());
    let later = |seconds| move || Instant::now() + Duration::from_secs(seconds);
    mode(place.path(), 0o777);
    assert!(!directory.may_use_at(later(31)), "it may not be used as it is");
    mode(place.path(), 0o700);
    assert!(!directory.may_use_at(later(40)), "one probe in half a minute");
    assert!(directory.may_use_at(later(62)));
    assert!(!directory.is_down(), "and everybody may use it again");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "the probe is gone");
}
