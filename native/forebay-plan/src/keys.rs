//! What users can set about look-ahead, and how it becomes [`PlanSettings`].

use forebay_types::Result;
use forebay_types::config::{Key, KeyRow, Scope, Settings, Size};

use crate::PlanSettings;
use crate::settings::{MAX_PIECE, MAX_ROW_GROUPS};

static ENABLED: Key<bool> = Key::new(
    "fs.forebay.prefetch.enabled",
    "true",
    Scope::FileSystem,
    "Whether bytes are fetched before they are asked for; false fetches exactly what is read.",
    "Look-ahead removes most of the waiting of a cold scan.",
);

static SMALL_FILE: Key<Size> = Key::new(
    "fs.forebay.prefetch.small-file",
    "1MB",
    Scope::FileSystem,
    "Files up to this size are fetched whole by their first read; 0 switches this off.",
    "1 MB takes 12 ms to move, less than half of what a second request costs.",
)
.accepting("a size of at most 8MB", |size| size.0 <= MAX_PIECE);

static GAP: Key<Size> = Key::new(
    "fs.forebay.prefetch.gap",
    "256KB",
    Scope::FileSystem,
    "Two wanted ranges of a file closer than this are fetched by one request; up to 1MB where what lies \
     between is little beside them and the network is measured to be idle.",
    "256 KB take a tenth of the time of a request, also where the network is the bottleneck.",
)
.accepting("a size of at most 8MB", |size| size.0 <= MAX_PIECE);

static ROW_GROUPS: Key<u32> = Key::new(
    "fs.forebay.prefetch.row-groups",
    "4",
    Scope::FileSystem,
    "At most how many row groups are fetched ahead of the one being read; 0 fetches none ahead.",
    "It begins with one, which hides the wait for the next row group; more only as the reader's measured \
     time for a row group is shorter than the store's, and past four the reader is the slower side.",
)
.accepting("a whole number from 0 to 4", |count| *count <= MAX_ROW_GROUPS);

static TAIL: Key<Size> = Key::new(
    "fs.forebay.prefetch.tail",
    "64KB",
    Scope::FileSystem,
    "How many bytes from the end of a file the first read near its end brings, until the footers of its \
     directory have shown how long they are; from then on what they took, from 16KB to 1MB.",
    "64 KB hold the footer and page indexes of most files and cost a fortieth of a request.",
)
.accepting("a size from 8KB to 8MB", |size| (8 << 10..=MAX_PIECE).contains(&size.0));

/// The rows of this crate.
pub static KEYS: &[&dyn KeyRow] = &[&ENABLED, &SMALL_FILE, &GAP, &ROW_GROUPS, &TAIL];

impl PlanSettings {
    /// The settings a user asked for; what no key names stays as in [`PlanSettings::default`].
    ///
    /// # Errors
    /// `InvalidArgument`, naming key, value and allowed form.
    pub fn from_settings(settings: &Settings) -> Result<PlanSettings> {
        Ok(PlanSettings {
            enabled: settings.require(&ENABLED)?,
            small_file: settings.require(&SMALL_FILE)?.0,
            gap: settings.require(&GAP)?.0,
            row_groups: settings.require(&ROW_GROUPS)?,
            tail: settings.require(&TAIL)?.0,
            ..PlanSettings::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forebay_types::ErrorKind;

    #[test]
    fn the_rows_and_the_defaults_say_the_same() {
        let settings = PlanSettings::from_settings(&Settings::default()).unwrap();
        assert_eq!(settings, PlanSettings::default());
        assert_eq!(settings.clone().bounded(), settings, "the defaults lie within the limits");
    }

    #[test]
    fn what_a_user_sets_arrives_and_a_bucket_may_differ() {
        let given = [
            ("fs.forebay.prefetch.enabled", "false"),
            ("fs.forebay.prefetch.small-file", "0"),
            ("fs.forebay.prefetch.gap", "1MB"),
            ("fs.forebay.prefetch.row-groups", "2"),
            ("fs.forebay.bucket.logs.prefetch.row-groups", "0"),
            ("fs.forebay.prefetch.tail", "16KB"),
        ];
        let of = |bucket| PlanSettings::from_settings(&Settings::new(given, bucket)).unwrap();
        let expected = PlanSettings {
            enabled: false,
            small_file: 0,
            gap: 1 << 20,
            row_groups: 2,
            tail: 16 << 10,
            ..PlanSettings::default()
        };
        assert_eq!(of(None), expected);
        assert_eq!(of(Some("logs")), PlanSettings { row_groups: 0, ..expected });
    }

    #[test]
    fn what_the_planner_could_not_honour_is_refused() {
        for (name, value) in [
            ("fs.forebay.prefetch.enabled", "yes"),
            ("fs.forebay.prefetch.small-file", "9MB"),
            ("fs.forebay.prefetch.gap", "-1"),
            ("fs.forebay.prefetch.row-groups", "5"),
            ("fs.forebay.prefetch.tail", "1KB"),
        ] {
            let error =
                PlanSettings::from_settings(&Settings::new([(name, value)], None)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name}");
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
