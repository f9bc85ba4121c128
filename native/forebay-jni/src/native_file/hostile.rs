//! What Java may pass to one stream's methods, as hostile bytes: what `fuzz/` calls their insides with.
//!
//! An input is a *script* of calls, each a verb and its arguments. They go where the entries pass them,
//! from the checks of [`decode`] to an engine in memory whose store is a delegate: the script is also the
//! host that fetches. Whatever it asks, a call answers or is refused, and a byte that is read is the
//! object's. References to Java objects need a JVM; those are misused from Java (`HostileArguments`).

use std::sync::{Arc, OnceLock};

use forebay_engine::{Access, Engine, EngineSettings, Settings, Store, StoreSettings};
use forebay_types::ErrorKind;

use super::{FILES, ReadHints, ReadPolicy, file_of, jint, jlong, split, wanted};
use crate::decode;
use crate::policy::{Answer, Failure};
use crate::transfer::{DELEGATE, read_in_chunks, with_scratch};

/// Calls of one script: longer ones say nothing new, and take time.
const CALLS: usize = 64;

/// The array that is read into and landed from.
const ARRAY: usize = 64 << 10;

/// Numbers at which arithmetic errs.
const TELLING: [jlong; 12] = [
    0,
    1,
    -1,
    -2,
    i32::MAX as jlong,
    i32::MIN as jlong,
    u32::MAX as jlong,
    1 << 40,
    jlong::MAX - 8191,
    jlong::MAX - 1,
    jlong::MAX,
    jlong::MIN,
];

/// Runs one script.
///
/// # Panics
/// Where a call fails for a bug of ours, or a byte is not the object's.
pub fn calls(input: &[u8]) {
    let store = store();
    assert!(store.is_some(), "there is no engine to call");
    let Some(store) = store else { return };
    let mut host = Host { store, script: Script(input), opened: Vec::new(), claims: Vec::new() };
    for _ in 0..CALLS {
        let Some(verb) = host.script.byte() else { break };
        if let Err(Failure::Engine(error)) = host.call(verb) {
            assert_ne!(error.kind(), ErrorKind::Internal, "{error}");
        }
    }
    host.end();
}

/// A store of its own for each script, so that none finds what another left under way.
fn store() -> Option<Arc<Store>> {
    static ENGINE: OnceLock<Option<Arc<Engine>>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        // A place that holds no files: memory only, and as little of it as there may be.
        let given = [("fs.forebay.cache.dirs", "/proc/none"), ("fs.forebay.memory", "32MB")];
        let config = Settings::new(given, None);
        Engine::start(EngineSettings { config, heap_bytes: 0 }).ok().map(|started| started.engine)
    });
    let settings = StoreSettings {
        kind: "s3".to_owned(),
        endpoint: String::new(),
        bucket: "lake".to_owned(),
        content_settings: 0,
        config: Settings::default(),
        access: Access::Delegate,
    };
    engine.as_ref()?.open_store(settings).ok()
}

struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Small, telling, or anything.
    fn number(&mut self) -> jlong {
        match self.byte().unwrap_or(0) {
            small @ 0..=99 => jlong::from(small),
            telling @ 100..=149 => TELLING[usize::from(telling) % TELLING.len()],
            150..=219 => {
                let mut cells = [0; 2];
                let taken = self.bytes(2);
                cells[..taken.len()].copy_from_slice(taken);
                jlong::from(u16::from_le_bytes(cells)) * 4096
            }
            220..=255 => {
                let mut any = [0; 8];
                let taken = self.bytes(8);
                any[..taken.len()].copy_from_slice(taken);
                jlong::from_le_bytes(any)
            }
        }
    }

    fn int(&mut self) -> jint {
        let number = self.number();
        jint::try_from(number).unwrap_or(if number < 0 { jint::MIN } else { jint::MAX })
    }

    fn text(&mut self) -> String {
        let length = usize::from(self.byte().unwrap_or(0));
        String::from_utf8_lossy(self.bytes(length)).into_owned()
    }
}

/// A claim of this host's, and the position its next bytes are of.
struct Held {
    file: jlong,
    flight: jlong,
    at: u64,
}

struct Host<'a> {
    store: Arc<Store>,
    script: Script<'a>,
    opened: Vec<jlong>,
    claims: Vec<Held>,
}

/// What lies at a position of any object.
fn at(position: u64) -> u8 {
    (position ^ (position >> 13)).to_le_bytes()[0]
}

impl Host<'_> {
    fn call(&mut self, verb: u8) -> Answer<()> {
        match verb % 11 {
            0 => self.open(),
            1 | 2 => self.read(),
            3 => self.claim(),
            4 => self.next_ahead(),
            5 | 6 => self.land(),
            7 => {
                let (file, flight) = (self.file(), self.script.number());
                file_of("abandon", file)?.abandon(flight.cast_unsigned());
                Ok(())
            }
            8 => self.want(),
            9 => {
                let file = file_of("count", self.file())?;
                let _ = (file.statistics(), file.describe());
                Ok(())
            }
            _ => {
                let file = self.file();
                FILES.get().remove(file).into_iter().for_each(|closed| closed.close());
                Ok(())
            }
        }
    }

    /// One of the script's streams, or a number.
    fn file(&mut self) -> jlong {
        let number = self.script.number();
        let known = usize::try_from(number).ok().and_then(|place| self.opened.get(place));
        known.copied().unwrap_or(number)
    }

    fn open(&mut self) -> Answer<()> {
        let (key, etag) = (self.script.text(), self.script.text());
        let id = Some(self.script.text()).filter(|id| !id.is_empty());
        let version = decode::version_of("open", &etag, self.script.number(), id)?;
        let hints = ReadHints {
            split: split(self.script.number(), self.script.number())?,
            policy: ReadPolicy::of(&self.script.text()),
        };
        let file = self.store.open_file(&key, version, hints)?;
        self.opened.extend(FILES.get().insert(file));
        Ok(())
    }

    fn read(&mut self) -> Answer<()> {
        // A thread that waits for what it has claimed itself waits in vain.
        self.give_up();
        let file = file_of("read", self.file())?;
        let region = decode::region("read", ARRAY, self.script.int(), self.script.int())?;
        let wanted = wanted(self.script.number(), region.len(), self.script.number())?;
        let answer = with_scratch(wanted.length, |scratch| {
            read_in_chunks(
                wanted,
                scratch,
                |position, chunk, demand| file.read(position, chunk, demand),
                |done, bytes| {
                    let first = wanted.position + u64::try_from(done).unwrap_or(u64::MAX);
                    let right = bytes.iter().zip(first..).all(|(byte, place)| *byte == at(place));
                    assert!(right, "wrong bytes behind {first} of {}", file.describe());
                    Ok(())
                },
            )
        })?;
        assert!((DELEGATE..=jint::try_from(region.len()).unwrap_or(0)).contains(&answer));
        Ok(())
    }

    fn claim(&mut self) -> Answer<()> {
        let id = self.file();
        let file = file_of("claim", id)?;
        let range = decode::range("claim", self.script.number(), self.script.number())?;
        for claim in file.claims(range.start, range.end - range.start)? {
            self.hold(id, &claim);
        }
        Ok(())
    }

    fn next_ahead(&mut self) -> Answer<()> {
        let id = self.file();
        if let Some(claim) = file_of("look ahead", id)?.next_ahead()? {
            self.hold(id, &claim);
        }
        Ok(())
    }

    fn hold(&mut self, file: jlong, claim: &super::Claim) {
        self.claims.push(Held { file, flight: claim.flight.cast_signed(), at: claim.offset });
    }

    /// Lands the next bytes of a claim of this host's, or something on any number.
    fn land(&mut self) -> Answer<()> {
        let number = self.script.number();
        let region = decode::region("land", ARRAY, self.script.int(), self.script.int())?;
        let meant = |(place, held): &(usize, &mut Held)| {
            held.flight == number || jlong::try_from(*place) == Ok(number)
        };
        let (file, flight, from) = match self.claims.iter_mut().enumerate().find(meant) {
            Some((_, held)) => {
                let from = held.at;
                held.at += u64::try_from(region.len()).unwrap_or(0);
                (held.file, held.flight, from)
            }
            None => (self.file(), number, 0),
        };
        let bytes: Vec<u8> = (from..).map(at).take(region.len()).collect();
        Ok(file_of("land", file)?.land(flight.cast_unsigned(), &bytes)?)
    }

    fn want(&mut self) -> Answer<()> {
        let file = file_of("want", self.file())?;
        let mut ranges = Vec::new();
        for _ in 0..self.script.byte().unwrap_or(0) {
            ranges.push(decode::range("want", self.script.number(), self.script.number())?);
        }
        Ok(file.want(&ranges)?)
    }

    fn give_up(&mut self) {
        for held in self.claims.drain(..) {
            if let Some(file) = FILES.get().get(held.file) {
                file.abandon(held.flight.cast_unsigned());
            }
        }
    }

    fn end(mut self) {
        self.give_up();
        for id in self.opened.drain(..) {
            FILES.get().remove(id).into_iter().for_each(|file| file.close());
        }
        self.store.close();
    }
}
