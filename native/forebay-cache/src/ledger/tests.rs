use super::*;

const BUDGET: u64 = 64 << 20;

struct Place {
    _dir: tempfile::TempDir,
    directory: Arc<Directory>,
}

fn place() -> Place {
    let beside = std::env::current_exe().unwrap();
    let dir = tempfile::tempdir_in(beside.parent().unwrap()).unwrap();
    let directory = Arc::new(Directory::open_in(dir.path()).unwrap());
    Place { _dir: dir, directory }
}

impl Place {
    /// Another process's access, as far as locks go.
    fn ledger(&self) -> Ledger {
        Ledger::new(Arc::clone(&self.directory), Some(BUDGET))
    }
}

/// A sweep that finds `sum` bytes, with `between` happening while it counts.
fn sweep(ledger: &mut Ledger, sum: u64, between: impl FnOnce()) {
    let mark = ledger.mark().unwrap().unwrap();
    between();
    ledger.settle(mark, sum).unwrap();
}

fn used(ledger: &mut Ledger) -> u64 {
    ledger.look().unwrap().unwrap().used
}

#[test]
fn a_new_ledger_is_full_until_someone_has_counted() {
    let place = place();
    let mut ledger = place.ledger();
    let record = ledger.look().unwrap().unwrap();
    assert_eq!((record.budget, record.used, record.granted), (BUDGET, BUDGET, 0));
    assert_eq!(ledger.grant(record.chunk).unwrap(), Grant::Full);
    sweep(&mut ledger, 0, || {});
    assert_eq!(ledger.grant(record.chunk).unwrap(), Grant::Given);
}

#[test]
fn a_sweep_leaves_room_for_what_the_living_still_write() {
    let place = place();
    let (mut one, mut two) = (place.ledger(), place.ledger());
    let chunk = one.look().unwrap().unwrap().chunk;
    sweep(&mut one, 0, || {});
    assert_eq!(one.grant(chunk).unwrap(), Grant::Given);
    assert_eq!(two.grant(chunk).unwrap(), Grant::Given);
    // Neither has written yet, so a third sees nothing on disk: 2 x chunk may still come.
    let mut three = place.ledger();
    sweep(&mut three, 1000, || {});
    assert_eq!(used(&mut three), 1000 + 3 * chunk);
    drop(two);
    sweep(&mut three, 1000, || {});
    assert_eq!(used(&mut three), 1000 + 2 * chunk, "the dead drop out");
}

#[test]
fn what_is_granted_during_a_sweep_is_counted_in_full() {
    let place = place();
    let (mut one, mut two) = (place.ledger(), place.ledger());
    let chunk = one.look().unwrap().unwrap().chunk;
    sweep(&mut one, 0, || {});
    sweep(&mut one, 5000, || {
        for _ in 0..7 {
            assert_eq!(two.grant(chunk).unwrap(), Grant::Given);
        }
    });
    // Neither had a slot at the mark, so the one chunk besides, and all that was granted since.
    assert_eq!(used(&mut one), 5000 + chunk + 7 * chunk);
}

#[test]
fn a_sweep_of_a_ledger_that_is_gone_is_void() {
    let place = place();
    let mut one = place.ledger();
    sweep(&mut one, 0, || {});
    sweep(&mut one, 0, || {
        rustix::fs::unlinkat(&*place.directory.root(), "ledger", rustix::fs::AtFlags::empty())
            .unwrap();
        assert_eq!(used(&mut place.ledger()), BUDGET);
    });
    assert_eq!(used(&mut one), BUDGET);
}

#[test]
fn one_sweeps_at_a_time_and_nobody_waits_for_a_stopped_one() {
    let place = place();
    let (mut one, mut two) = (place.ledger(), place.ledger());
    let nested = one.sweeping(|_| two.sweeping(|_| Ok(()))).unwrap();
    assert_eq!(nested, Some(None));
    // A process stopped while it holds the ledger.
    let locks = one.locks().unwrap();
    let held = lock::hold(&locks, lock::LEDGER).unwrap();
    assert_eq!(two.grant(1).unwrap(), Grant::Busy);
    drop(held);
    assert_eq!(two.grant(1).unwrap(), Grant::Full);
}

#[test]
fn a_record_with_any_bit_flipped_is_none() {
    let record = Record::new(BUDGET, 4096);
    let bytes = record.encode();
    assert_eq!(Record::decode(&bytes), Some(record));
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Record::decode(&flipped), None, "bit {bit}");
    }
    assert_eq!(Record::decode(&bytes[..RECORD - 1]), None);
    assert_eq!(Record::decode(&[]), None);
}

#[test]
fn a_chunk_is_a_thousandth_within_bounds() {
    let chunk = |budget| Record::new(budget, 4096).chunk;
    assert_eq!(chunk(1 << 20), 128 << 10);
    assert_eq!(chunk(1 << 30), 1 << 20);
    assert_eq!(chunk(1 << 40), MOST_CHUNK);
}
