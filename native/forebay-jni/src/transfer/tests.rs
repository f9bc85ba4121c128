use forebay_engine::ReadStep;
use forebay_types::{Error, ErrorKind};

use super::*;

/// What was answered, what arrived, and the position, length and demand of each chunk.
type Seen = (Answer<jint>, Vec<u8>, Vec<(u64, usize, u64)>);

/// Reads `wanted` of an object whose byte at `n` is `n % 251`. `stop` may answer a call (its number, its length) by something else.
fn read(
    wanted: Wanted,
    mut stop: impl FnMut(usize, usize) -> Option<forebay_types::Result<ReadStep>>,
) -> Seen {
    let mut arrived = Vec::new();
    let mut calls = Vec::new();
    let answer = with_scratch(wanted.length, |scratch| {
        read_in_chunks(
            wanted,
            scratch,
            |at, chunk, demand| {
                calls.push((at, chunk.len(), demand));
                for (n, byte) in (at..).zip(chunk.iter_mut()) {
                    *byte = u8::try_from(n % 251).unwrap();
                }
                stop(calls.len(), chunk.len()).unwrap_or(Ok(ReadStep::Bytes(chunk.len())))
            },
            |offset, bytes| {
                assert_eq!(offset, arrived.len());
                arrived.extend_from_slice(bytes);
                Ok(())
            },
        )
    });
    (answer, arrived, calls)
}

fn wanted(position: u64, length: usize) -> Wanted {
    Wanted { position, length, demand: length as u64 }
}

#[test]
fn every_byte_arrives_once_in_order_whatever_the_position() {
    for (position, length) in [(0, 1), (5, SCRATCH), (5, SCRATCH + 1), (16_383, 1 << 20), (0, 0)] {
        let (answer, arrived, _) = read(wanted(position, length), |_, _| None);
        assert_eq!(answer.ok(), jint::try_from(length).ok());
        let expected: Vec<u8> =
            (position..).take(length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        assert!(arrived == expected, "{length} at {position}");
    }
}

#[test]
fn chunks_of_a_long_read_end_with_a_cell_and_the_demand_shrinks_with_them() {
    let (_, _, calls) =
        read(Wanted { position: 100, length: 600_000, demand: 800_000 }, |_, _| None);
    let ends: Vec<u64> = calls.iter().map(|(at, n, _)| at + *n as u64).collect();
    assert_eq!(ends, [262_144, 524_288, 600_100]);
    assert!(calls.iter().all(|(at, _, demand)| at + demand == 800_100), "{calls:?}");
}

#[test]
fn an_obstacle_is_the_answer_only_before_the_first_byte() {
    for step in [ReadStep::Pending, ReadStep::Delegate, ReadStep::EndOfFile] {
        let (first, none, _) = read(wanted(0, 600_000), |_, _| Some(Ok(step)));
        assert_eq!((first.ok(), none.len()), (Some(code(step)), 0));
        let (later, some, _) = read(wanted(0, 600_000), |call, _| (call == 2).then_some(Ok(step)));
        assert_eq!((later.ok(), some.len()), (Some(262_144), SCRATCH));
    }
}

#[test]
fn an_error_hides_behind_bytes_that_came_before_it() {
    let failed = || Some(Err(Error::new(ErrorKind::Origin, "read", "p", "m")));
    let (answer, ..) = read(wanted(0, 600_000), |_, _| failed());
    assert!(matches!(answer, Err(Failure::Engine(error)) if error.kind() == ErrorKind::Origin));
    let (answer, ..) = read(wanted(0, 600_000), |call, _| if call == 2 { failed() } else { None });
    assert_eq!(answer.ok(), Some(262_144));
}

#[test]
fn a_short_chunk_ends_the_read() {
    let (answer, arrived, calls) =
        read(wanted(0, 600_000), |call, n| (call == 2).then_some(Ok(ReadStep::Bytes(n / 2))));
    assert_eq!((answer.ok(), arrived.len(), calls.len()), (Some(393_216), 393_216, 2));
}

#[test]
fn scratch_grows_to_what_is_asked_and_no_further() {
    for length in [1, 5_000, SCRATCH, 10 * SCRATCH] {
        let got = with_scratch(length, |scratch| Ok(scratch.len())).ok();
        assert_eq!(got, Some(length.min(SCRATCH)));
    }
}
