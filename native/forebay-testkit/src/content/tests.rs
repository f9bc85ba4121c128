use super::*;

const SEED: u64 = 42;
const KEY: &str = "table/part-0.parquet";

fn kind_of(offset: u64, found: &[u8]) -> WrongKind {
    check(SEED, KEY, 3, offset, found).expect_err("the bytes are wrong").kind
}

#[test]
fn any_range_is_a_part_of_the_whole() {
    let whole = bytes(SEED, KEY, 3, 0, 200);
    for start in 0..40_usize {
        for end in start..whole.len() {
            let part = bytes(SEED, KEY, 3, start as u64, end - start);
            assert_eq!(part, whole[start..end], "{start}..{end}");
            check(SEED, KEY, 3, start as u64, &part).unwrap();
        }
    }
}

#[test]
fn one_wrong_byte_is_found_where_it_is() {
    for offset in [0, 7] {
        let mut part = bytes(SEED, KEY, 3, offset, 1200);
        for at in 0..part.len() {
            part[at] ^= 0x10;
            assert_eq!(check(SEED, KEY, 3, offset, &part).unwrap_err().at, offset + at as u64);
            part[at] ^= 0x10;
        }
    }
}

#[test]
fn content_depends_on_each_of_its_inputs() {
    let one = bytes(SEED, KEY, 3, 0, 16);
    for other in [
        bytes(SEED + 1, KEY, 3, 0, 16),
        bytes(SEED, "table/part-1.parquet", 3, 0, 16),
        bytes(SEED, KEY, 4, 0, 16),
        bytes(SEED, KEY, 3, 16, 16),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn offsets_beyond_four_gib_and_at_the_end_of_the_numbers_work() {
    for offset in [(1 << 33) + 5, u64::MAX - 63] {
        let part = bytes(SEED, KEY, 3, offset, 60);
        check(SEED, KEY, 3, offset, &part).unwrap();
    }
}

#[test]
fn another_version_is_stale_from_its_first_stamp() {
    let mut found = bytes(SEED, KEY, 3, 32, 64);
    found[32..].copy_from_slice(&bytes(SEED, KEY, 900, 64, 32));
    let wrong = check(SEED, KEY, 3, 32, &found).unwrap_err();
    assert_eq!(wrong.kind, WrongKind::Stale { version: 900 });
    assert!((64..80).contains(&wrong.at), "{wrong}");
}

#[test]
fn another_object_is_named_whatever_its_version() {
    for version in [3, 4] {
        let found = bytes(SEED, "elsewhere", version, 48, 64);
        assert_eq!(kind_of(48, &found), WrongKind::OtherObject);
    }
}

#[test]
fn bytes_of_another_offset_say_which() {
    let found = bytes(SEED, KEY, 3, 4096, 64);
    assert_eq!(kind_of(64, &found), WrongKind::Misplaced { from: 4096 });
    for from in [4097, 4103, 4111, 63, 65] {
        let found = bytes(SEED, KEY, 3, from, 64);
        assert_eq!(kind_of(64, &found), WrongKind::Misplaced { from: from.into() }, "{from}");
    }
    let unaligned = bytes(SEED, KEY, 3, 1000, 64);
    assert_eq!(kind_of(7, &unaligned), WrongKind::Misplaced { from: 1000 });
}

#[test]
fn a_hole_is_zero() {
    let mut found = bytes(SEED, KEY, 3, 5, 64);
    found[20..].fill(0);
    assert!(matches!(kind_of(5, &found), WrongKind::Torn), "cut within a stamp");
    let mut found = bytes(SEED, KEY, 3, 5, 64);
    found[27..].fill(0);
    let wrong = check(SEED, KEY, 3, 5, &found).unwrap_err();
    assert_eq!((wrong.at, wrong.kind), (32, WrongKind::Zero));
}

#[test]
fn a_cut_within_a_stamp_is_torn_and_a_flipped_bit_is_garbage() {
    let right = bytes(SEED, KEY, 3, 0, 48);
    let wrong: [fn(&mut u8); 2] = [|byte| *byte = 0, |byte| *byte = !*byte];
    for (name, wrong) in ["zero", "noise"].into_iter().zip(wrong) {
        for cut in 2..15 {
            let mut found = right.clone();
            found[16 + cut..32].iter_mut().for_each(wrong);
            assert_eq!(kind_of(0, &found), WrongKind::Torn, "{name} from {cut} on");
            // A wrong fingerprint alone can't be told from another object's.
            if name == "zero" || cut > 8 {
                let mut found = right.clone();
                found[16..16 + cut].iter_mut().for_each(wrong);
                assert_eq!(kind_of(0, &found), WrongKind::Torn, "{name} up to {cut}");
            }
        }
    }
    let mut found = right;
    found[40] ^= 1;
    let wrong = check(SEED, KEY, 3, 0, &found).unwrap_err();
    assert_eq!(wrong.at, 40);
    assert!(!matches!(wrong.kind, WrongKind::Zero | WrongKind::OtherObject), "{wrong}");
}

#[test]
fn noise_is_garbage() {
    let mut state = 7;
    let noise: Vec<u8> = (0..64)
        .map(|_| {
            state = mix(state);
            state.to_le_bytes()[3]
        })
        .collect();
    assert_eq!(kind_of(0, &noise), WrongKind::Garbage);
    assert_eq!(kind_of(3, &noise[..9]), WrongKind::Garbage);
}
