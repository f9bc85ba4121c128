use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

use super::*;

#[test]
fn an_id_finds_its_own_object_until_it_is_removed_and_never_again() {
    let table = Handles::new(Table::Files);
    let ids: Vec<i64> = (0..1000).map(|n| table.insert(Arc::new(n)).unwrap()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1000);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(*table.get(*id).unwrap(), n);
        assert_eq!(*table.remove(*id).unwrap(), n);
        assert!(table.remove(*id).is_none());
    }
    let again: Vec<i64> = (0..1000).map(|n| table.insert(Arc::new(n)).unwrap()).collect();
    assert!(ids.iter().all(|id| table.get(*id).is_none()));
    assert!(again.iter().all(|id| table.get(*id).is_some()));
}

#[test]
fn an_id_of_one_table_means_nothing_to_another() {
    let files = Handles::new(Table::Files);
    let stores = Handles::new(Table::Stores);
    let id = files.insert(Arc::new(())).unwrap();
    stores.insert(Arc::new(())).unwrap();
    assert!(stores.get(id).is_none());
}

#[test]
fn every_number_but_the_id_itself_finds_nothing() {
    let table = Handles::new(Table::Files);
    let id = table.insert(Arc::new(())).unwrap();
    for bit in 0..64 {
        let other = (id.cast_unsigned() ^ (1 << bit)).cast_signed();
        assert!(table.get(other).is_none(), "bit {bit}");
    }
    // An even version, a null slot, the extremes.
    for garbage in [0, 1, -1, 2, i64::MIN, i64::MAX, 0xffff_ffff, 1 << 32] {
        assert!(table.get(garbage).is_none(), "{garbage:#x}");
        assert!(table.remove(garbage).is_none(), "{garbage:#x}");
    }
    assert!(table.get(id).is_some());
}

#[test]
fn an_object_outlives_its_id_while_a_call_holds_it() {
    let table = Handles::new(Table::Files);
    let id = table.insert(Arc::new(7)).unwrap();
    let held = table.get(id).unwrap();
    assert_eq!(*table.remove(id).unwrap(), 7);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn threads_that_open_look_up_and_close_see_only_their_own() {
    let table = Handles::new(Table::Files);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut guess = 1_i64;
                    while !stop.load(Ordering::Relaxed) {
                        guess = guess.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        assert!(table.remove(guess).is_none_or(|value| *value == u64::MAX));
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..2_u64)
            .map(|thread| {
                let table = &table;
                scope.spawn(move || {
                    for n in 0..20_000 {
                        let value = thread << 32 | n;
                        let id = table.insert(Arc::new(value)).unwrap();
                        assert_eq!(table.get(id).map(|found| *found), Some(value));
                        assert_eq!(table.remove(id).map(|found| *found), Some(value));
                        assert!(table.get(id).is_none());
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        stop.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}
