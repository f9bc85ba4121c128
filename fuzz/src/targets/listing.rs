//! What a listing says of files.
//!
//! LIST answers are read by Hadoop's S3A and its SDK, in Java; what reaches this library is hearsay about
//! one file at a time (`NativeStore.bring`): a key, an ETag, a length, a version id. `SiblingsTest` has
//! the Java side of it.

use std::sync::Arc;

use forebay_plan::{PlanSettings, StreamPlanner};
use forebay_types::{ETag, Identity, Location, Version};

/// Files of four lines each.
pub(super) fn listing(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    while let Some(key) = lines.next() {
        forebay_origin::hostile::key(key);
        let tag = ETag::strong(lines.next().unwrap_or_default());
        let length = lines.next().and_then(|line| line.parse::<i64>().ok());
        let version_id = lines.next().filter(|id| !id.is_empty()).map(Arc::from);
        let length = length.and_then(|length| u64::try_from(length).ok());
        if let Some((etag, length)) = tag.zip(length) {
            listed(key, Version { etag, length, version_id });
        }
    }
}

fn listed(key: &str, version: Version) {
    let location = Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: "b".into(),
        key: key.into(),
        settings: 0,
    };
    let length = version.length;
    let Ok(identity) = Identity::new(location, version) else { return };
    assert_eq!(Identity::decode(&identity.encode()), Some(identity), "it is not what was encoded");
    let mut planner = StreamPlanner::new(length, PlanSettings::default());
    for start in [0, length / 2, length.saturating_sub(8)] {
        for piece in planner.read(start, 8).pieces {
            assert!(piece.range.end <= length, "outside of the file");
        }
    }
}
