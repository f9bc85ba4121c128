use std::os::unix::fs::MetadataExt;

use forebay_types::{ETag, Location, Version};

use super::*;

struct Setting {
    _dir: tempfile::TempDir,
    directory: Arc<Directory>,
    writer: Writer,
    run: Run,
}

fn setting(cells: u64) -> Setting {
    let beside = std::env::current_exe().unwrap();
    let dir = tempfile::tempdir_in(beside.parent().unwrap()).unwrap();
    let directory = Arc::new(Directory::open_in(dir.path()).unwrap());
    let ledger = Ledger::new(Arc::clone(&directory), Some(64 << 20));
    let open = Arc::new(OpenSegments::new(1));
    let writer = Writer::new(Arc::clone(&directory), ledger, open, 0);
    let location = Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: "lake".into(),
        key: "k".into(),
        settings: 0,
    };
    let length = cells * CELL;
    let version = Version { etag: ETag::strong("e").unwrap(), length, version_id: None };
    let identity = Arc::new(Identity::new(location, version).unwrap());
    let slice = Slice::new(length, 0).unwrap();
    let run = Run { identity, slice, first: 0, bytes: vec![7; size(length)].into() };
    Setting { _dir: dir, directory, writer, run }
}

#[test]
fn space_written_to_an_evicted_file_is_given_back() {
    let Setting { directory, mut writer, run, _dir } = setting(4);
    let space = directory.space().unwrap();
    let (file, _) = writer.segment(&run, space).unwrap();
    evict::remove_in(&directory.root(), &header::path(&run.identity, run.slice)).unwrap();
    let bytes = run.bytes.chunks(size(CELL)).zip(0..);
    let seeds = Seeds::new(run.identity.hash());
    let cells: Vec<_> = bytes.map(|(b, cell)| (cell, b, seeds.checksum(cell, b))).collect();
    assert_eq!(writer.piece(&file, &run, &cells, space), Err(Unwritten::Evicted));
    let status = std::fs::File::from(file).metadata().unwrap();
    assert_eq!((status.len(), status.blocks()), (0, 0));
}

#[test]
fn what_is_there_is_not_written_again_and_costs_nothing() {
    let Setting { directory, mut writer, run, _dir } = setting(8);
    writer.write(&run).unwrap();
    let path = _dir
        .path()
        .join(directory.path())
        .join(header::path(&run.identity, run.slice).to_str().unwrap());
    let modified = || path.metadata().unwrap().modified().unwrap();
    let (before, purse) = (modified(), writer.purse);
    writer.write(&run).unwrap();
    assert_eq!((modified(), writer.purse), (before, purse));
}

#[test]
fn a_run_longer_than_a_chunk_is_written_in_pieces_that_are_paid_for() {
    let Setting { directory, mut writer, run, _dir } = setting(40);
    writer.write(&run).unwrap();
    let chunk = writer.chunk;
    assert!(chunk < 40 * CELL && writer.purse <= chunk);
    let mut ledger = Ledger::new(directory, None);
    assert!(ledger.look().unwrap().unwrap().granted >= 40 * CELL);
}

#[test]
fn killed_between_a_files_steps_it_is_completed_by_the_next() {
    for step in 0..3 {
        let Setting { directory, mut writer, run, _dir } = setting(4);
        let space = directory.space().unwrap();
        let file = writer.create(&run, space).unwrap();
        if step > 0 {
            rustix::fs::ftruncate(&file, run.slice.file_length()).unwrap();
        }
        if step > 1 {
            write_all(&file, &header::header(&run.identity, run.slice)[..], 0).unwrap();
        }
        drop(file);
        writer.write(&run).unwrap();
        let seeds = Seeds::new(run.identity.hash());
        let segment =
            crate::segment::Segment::open(&directory, &run.identity, seeds, run.slice).unwrap();
        let mut into = vec![0; size(4 * CELL)];
        assert_eq!(segment.read(0, &mut into), (into.len(), None), "killed after step {step}");
        assert_eq!(into, run.bytes);
    }
}
