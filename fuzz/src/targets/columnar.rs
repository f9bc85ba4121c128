//! Footers of Parquet and ORC files, and what is planned by them.

use std::sync::Arc;

use forebay_plan::{Footer, PlanSettings, StreamPlanner, Tail, parse_tail};

/// The end of a file, and a stream over the file that it describes.
pub(super) fn tail(input: &[u8]) {
    let held = input.len() as u64;
    for length in [held, held + (1 << 30)] {
        if let Tail::Footer(footer) = parse_tail(input, length) {
            describe(&footer, input);
            scan(&footer);
        }
    }
}

/// Shows a footer what it asks for, as far as the input holds it; else the input itself.
fn describe(footer: &Footer, input: &[u8]) {
    for number in 0..footer.row_group_count().min(64) {
        if let Some(range) = footer.undescribed(number) {
            let held = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
            let own = held.and_then(|(start, end)| input.get(start..end));
            footer.describe(number, own.unwrap_or(input));
        }
    }
}

fn scan(footer: &Arc<Footer>) {
    let settings = PlanSettings { small_file: 0, ..PlanSettings::default() };
    let mut planner = StreamPlanner::new(footer.file_length(), settings);
    planner.set_footer(Arc::clone(footer));
    let mut reads = Vec::new();
    for group in footer.row_groups().take(64) {
        for chunk in group.chunks.iter().take(16) {
            let range = chunk.range();
            let plan = planner.read(range.start, range.end - range.start);
            for piece in plan.pieces {
                assert!(piece.range.end <= footer.file_length(), "outside of the file");
            }
            reads.push(range);
        }
    }
    let _ = planner.read_all(&reads);
}

/// A stripe's own footer, under each of the ways it may be packed in.
pub(super) fn stripe(input: &[u8]) {
    for kind in [0_u8, 1, 2, 4, 5] {
        // One stripe of 3..1000003, whose footer is a million bytes; four columns.
        let stripe =
            [0x1a, 14, 0x08, 3, 0x10, 0, 0x18, 0, 0x20, 0xc0, 0x84, 0x3d, 0x28, 1, 0x48, 1];
        let footer = [&stripe[..], &[0x22, 0].repeat(4)].concat();
        let packed = match kind {
            0 => footer.clone(),
            _ => [&[u8::try_from(footer.len() * 2 + 1).unwrap_or(0), 0, 0], &footer[..]].concat(),
        };
        let size = u8::try_from(packed.len()).unwrap_or(0);
        let script = [0x08, size, 0x10, kind, 0x82, 0xf4, 0x03, 3, b'O', b'R', b'C'];
        let tail = [&packed[..], &script, &[u8::try_from(script.len()).unwrap_or(0)]].concat();
        let length = 1_000_003 + tail.len() as u64;
        if let Tail::Footer(footer) = parse_tail(&tail, length) {
            footer.describe(0, input);
            assert!(footer.undescribed(0).is_none(), "it was shown its stripe's footer");
        }
    }
}
