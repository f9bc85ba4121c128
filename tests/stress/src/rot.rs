//! Rot: bits that flip in the cache's files, before a process first uses a cell and after, with the
//! kernel's copy of it and without; cells zeroed, swapped, misplaced; files cut, or another object's.
//!
//! Damage is *detected* where the bytes it hit are fetched again; a read is *right* where the oracle
//! says so. Damage is done to the files themselves, through a descriptor of our own, while engines
//! have them open.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use forebay_engine::{CELL, Engine, ReadHints, ReadStep, Store};
use forebay_testkit::content;
use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::{self, Orders};
use crate::random::Random;
use crate::report;
use crate::set::{self, Object};

/// How it is run.
#[derive(Debug, Clone)]
pub struct Rot {
    /// Of everything.
    pub seed: u64,
    /// Flips of random bits of cells a process has used; as many again in cells it has not.
    pub flips: u64,
    /// Of the bits of a header and of entries, each so-many-th is flipped: 1 for all.
    pub every: u64,
}

/// Where a segment's parts lie: a page of header, the table, and cells from 2 MiB on.
const HEADER: u64 = 4096;
const ENTRY: u64 = 8;
const CELLS_AT: u64 = 2 << 20;

/// The bed: an engine on a directory that holds some objects whole.
struct Bed {
    orders: Orders,
    bucket: Bucket,
    objects: Vec<Object>,
    files: Vec<PathBuf>,
    engine: Arc<Engine>,
    store: Arc<Store>,
    random: Random,
    found: Found,
}

#[derive(Debug, Default)]
struct Found {
    damages: Map<String, Value>,
    undetected: u64,
    reads: u64,
    bytes: u64,
    wrong: u64,
    errors: u64,
    first: Option<String>,
}

/// Runs it.
///
/// # Errors
/// If it can't begin.
pub fn run(run: &Rot) -> io::Result<Map<String, Value>> {
    let scratch = crate::scratch()?;
    let bucket = Bucket::start()?;
    bucket.count_only();
    let list = scratch.path().join("list.json");
    set::store(&bucket, run.seed, set::Sizes::Small, 1 << 20, &list)?;
    // Whole cells only, of objects of one segment, small enough to be read whole each time.
    let objects: Vec<_> = set::load(&list)?
        .into_iter()
        .filter(|object| object.version.length < 1 << 20)
        .take(6)
        .collect();
    let orders = Orders {
        place: scratch.path().join("cache"),
        list,
        url: bucket.url(),
        content_seed: run.seed,
        budget: 256 << 20,
        ..Orders::default()
    };
    let (engine, store) = child::open(&orders)?;
    let random = Random::new(run.seed);
    let (files, found) = (Vec::new(), Found::default());
    let mut bed = Bed { orders, bucket, objects, files, engine, store, random, found };
    bed.warm()?;
    bed.find_files()?;
    bed.used_cells(run.flips)?;
    bed.unused_cells(run.flips)?;
    bed.tables_and_headers(run.every)?;
    bed.moved_cells()?;
    bed.cut_files()?;
    bed.collided_files()?;
    let found = bed.found;
    let mut report = Map::new();
    for (name, value) in [
        ("seed", json!(run.seed)),
        ("damages", Value::Object(found.damages)),
        ("undetected", json!(found.undetected)),
        ("reads", json!(found.reads)),
        ("bytes_verified", json!(found.bytes)),
        ("wrong_bytes", json!(found.wrong)),
        ("unexplained_errors", json!(found.errors)),
        ("first", json!(found.first)),
        ("failed", json!(found.undetected)),
    ] {
        report.insert(name.to_owned(), value);
    }
    report::publish("rot", &report)?;
    Ok(report)
}

impl Bed {
    /// Reads all objects whole: right, or counted as wrong.
    fn warm(&mut self) -> io::Result<()> {
        for at in 0..self.objects.len() {
            self.read(at, 0, self.objects[at].version.length)?;
        }
        self.engine.drain();
        Ok(())
    }

    fn read(&mut self, at: usize, from: u64, to: u64) -> io::Result<()> {
        let object = &self.objects[at];
        let file = self
            .store
            .open_file(&object.key, object.version.clone(), ReadHints::default())
            .map_err(io::Error::other)?;
        let mut bytes = vec![0; usize::try_from(to - from).unwrap_or(0)];
        let mut done = 0;
        while done < bytes.len() {
            let left = (bytes.len() - done) as u64;
            match file.read(from + done as u64, &mut bytes[done..], left) {
                Ok(ReadStep::Bytes(read)) => done += read,
                Ok(ReadStep::Pending) => {}
                Ok(ReadStep::EndOfFile | ReadStep::Delegate) => break,
                Err(error) => {
                    self.found.errors += 1;
                    self.found.first.get_or_insert(error.to_string());
                    return Ok(());
                }
            }
        }
        self.found.reads += 1;
        self.found.bytes += done as u64;
        let (seed, key) = (self.orders.content_seed, &object.key);
        if let Err(wrong) = content::check(seed, key, object.content, from, &bytes) {
            self.found.wrong += 1;
            self.found.first.get_or_insert(wrong.to_string());
        }
        Ok(())
    }

    /// Finds each object's segment: the file of the right length whose cells begin with its content.
    fn find_files(&mut self) -> io::Result<()> {
        let mut all = Vec::new();
        below(&self.orders.place, &mut all);
        for object in &self.objects {
            let mut begin = vec![0; 64];
            let found = all.iter().find(|path| {
                let Ok(file) = File::open(path) else { return false };
                let right = file.read_exact_at(&mut begin, CELLS_AT).is_ok();
                let seed = self.orders.content_seed;
                right && content::check(seed, &object.key, object.content, 0, &begin).is_ok()
            });
            let path = found.ok_or_else(|| io::Error::other("an object has no segment"))?;
            self.files.push(path.clone());
        }
        Ok(())
    }

    fn file(&self, at: usize) -> io::Result<File> {
        File::options().read(true).write(true).open(&self.files[at])
    }

    /// Counts a damage of `kind`, and whether something was fetched again since `before`.
    fn judge(&mut self, kind: &str, before: u64) {
        let count = self.found.damages.get(kind).and_then(Value::as_u64).unwrap_or(0);
        self.found.damages.insert(kind.to_owned(), json!(count + 1));
        if self.bucket.requests().get == before {
            self.found.undetected += 1;
            self.found.first.get_or_insert(format!("{kind}: not detected"));
        }
    }

    /// An engine that has used nothing yet.
    fn anew(&mut self) -> io::Result<()> {
        self.engine.drain();
        (self.engine, self.store) = child::open(&self.orders)?;
        Ok(())
    }

    /// A bit of a cell flips after the process has used it; every other time the kernel's copy is
    /// dropped too, so that the read comes from the disk.
    fn used_cells(&mut self, flips: u64) -> io::Result<()> {
        for n in 0..flips {
            let at = self.some_object();
            let length = self.objects[at].version.length;
            let byte = self.random.below(length);
            let file = self.file(at)?;
            flip(&file, CELLS_AT + byte, self.random.below(8))?;
            let dropped = n % 2 == 0;
            if dropped {
                drop_copy(&file, CELLS_AT + byte)?;
            }
            let before = self.bucket.requests().get;
            // A read of a few bytes near the flip, as engines make them.
            let cell = byte / CELL * CELL;
            let from = cell + self.random.below(CELL.min(length - cell));
            self.read(at, from, (from + 300).min(length))?;
            self.judge(
                if dropped { "flip after use, from disk" } else { "flip after use" },
                before,
            );
            self.engine.drain();
        }
        Ok(())
    }

    /// Bits flip before a process first uses their cells: one in many cells at once.
    fn unused_cells(&mut self, flips: u64) -> io::Result<()> {
        let mut done = 0;
        while done < flips {
            let mut hit = 0;
            for at in 0..self.objects.len() {
                let length = self.objects[at].version.length;
                let file = self.file(at)?;
                for cell in 0..length.div_ceil(CELL) {
                    let byte = cell * CELL + self.random.below(CELL.min(length - cell * CELL));
                    flip(&file, CELLS_AT + byte, self.random.below(8))?;
                    if self.random.below(2) == 0 {
                        drop_copy(&file, CELLS_AT + byte)?;
                    }
                    hit += 1;
                }
            }
            self.anew()?;
            let before = self.bucket.requests().get_bytes;
            self.warm()?;
            let fetched = self.bucket.requests().get_bytes - before;
            let all: u64 = self.objects.iter().map(|object| object.version.length).sum();
            let count = self.found.damages.get("flip before use").and_then(Value::as_u64);
            self.found
                .damages
                .insert("flip before use".to_owned(), json!(count.unwrap_or(0) + hit));
            self.found.undetected += all.saturating_sub(fetched).div_ceil(CELL);
            done += hit;
        }
        Ok(())
    }

    /// Bits of a header, and bits of the entries of one object.
    fn tables_and_headers(&mut self, every: u64) -> io::Result<()> {
        let at = self.some_object();
        let entries = self.objects[at].version.length.div_ceil(CELL) * ENTRY;
        for (kind, from, to) in
            [("header bit", 0, HEADER), ("entry bit", HEADER, HEADER + entries.min(256))]
        {
            for bit in (from * 8..to * 8).step_by(usize::try_from(every.max(1)).unwrap_or(1)) {
                let file = self.file(at)?;
                flip(&file, bit / 8, bit % 8)?;
                self.anew()?;
                let before = self.bucket.requests().get;
                self.read(at, 0, self.objects[at].version.length)?;
                self.judge(kind, before);
                self.engine.drain();
            }
        }
        Ok(())
    }

    /// Cells zeroed, swapped with their entries, or another object's with its entry.
    fn moved_cells(&mut self) -> io::Result<()> {
        for round in 0..300 {
            let at = self.some_object();
            let file = self.file(at)?;
            let whole = self.objects[at].version.length / CELL;
            if whole < 2 {
                continue;
            }
            let one = self.random.below(whole);
            let two = (one + 1 + self.random.below(whole - 1)) % whole;
            let kind = match round % 3 {
                0 => {
                    file.write_all_at(&[0; 8192], CELLS_AT + one * CELL)?;
                    "zeroed cell"
                }
                1 => {
                    for (place, unit) in [(CELLS_AT, CELL), (HEADER, ENTRY)] {
                        let (a, b) = (place + one * unit, place + two * unit);
                        let mut bytes = [vec![0; 8192], vec![0; 8192]];
                        let unit = usize::try_from(unit).unwrap_or(0);
                        bytes.iter_mut().for_each(|bytes| bytes.truncate(unit));
                        file.read_exact_at(&mut bytes[0], a)?;
                        file.read_exact_at(&mut bytes[1], b)?;
                        file.write_all_at(&bytes[1], a)?;
                        file.write_all_at(&bytes[0], b)?;
                    }
                    "swapped cells with their entries"
                }
                _ => {
                    let other = (at + 1) % self.objects.len();
                    let from = self.file(other)?;
                    let mut cell = vec![0; 8192];
                    let bytes = self.objects[other].version.length.min(CELL);
                    cell.truncate(usize::try_from(bytes).unwrap_or(0));
                    let mut entry = [0; 8];
                    from.read_exact_at(&mut cell, CELLS_AT)?;
                    from.read_exact_at(&mut entry, HEADER)?;
                    file.write_all_at(&cell, CELLS_AT)?;
                    file.write_all_at(&entry, HEADER)?;
                    "another object's cell with its entry"
                }
            };
            self.anew()?;
            let before = self.bucket.requests().get;
            self.read(at, 0, self.objects[at].version.length)?;
            self.judge(kind, before);
            self.engine.drain();
        }
        Ok(())
    }

    /// A file cut at every 4 KiB of what is in it, while it is open and before it is opened.
    fn cut_files(&mut self) -> io::Result<()> {
        let at = self.some_object();
        let length = self.objects[at].version.length;
        let cuts =
            (0..=HEADER * 5).step_by(4096).chain((CELLS_AT..CELLS_AT + length).step_by(4096));
        for (n, cut) in (0..).zip(cuts) {
            self.read(at, 0, length)?;
            self.engine.drain();
            self.file(at)?.set_len(cut)?;
            if n % 2 == 0 {
                self.anew()?;
            }
            let before = self.bucket.requests().get;
            self.read(at, 0, length)?;
            self.judge("file cut", before);
            self.engine.drain();
        }
        Ok(())
    }

    /// Another object's whole file under the name, as if all hashes had collided.
    fn collided_files(&mut self) -> io::Result<()> {
        for at in 0..self.objects.len() {
            let other = (at + 1) % self.objects.len();
            std::fs::copy(&self.files[other], &self.files[at])?;
            self.anew()?;
            let before = self.bucket.requests().get;
            self.read(at, 0, self.objects[at].version.length)?;
            self.judge("collided name", before);
            self.engine.drain();
        }
        Ok(())
    }

    fn some_object(&mut self) -> usize {
        usize::try_from(self.random.bits() >> 1).unwrap_or(0) % self.objects.len()
    }
}

fn flip(file: &File, byte: u64, bit: u64) -> io::Result<()> {
    let mut held = [0];
    file.read_exact_at(&mut held, byte)?;
    held[0] ^= 1 << bit;
    file.write_all_at(&held, byte)
}

/// Writes the page at `byte` to the disk and has the kernel forget it.
fn drop_copy(file: &File, byte: u64) -> io::Result<()> {
    file.sync_data()?;
    let advice = rustix::fs::Advice::DontNeed;
    rustix::fs::fadvise(file.as_fd(), byte / 4096 * 4096, std::num::NonZeroU64::new(4096), advice)?;
    Ok(())
}

/// Every file below `path`.
fn below(path: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => below(&entry.path(), all),
            _ => all.push(entry.path()),
        }
    }
}
