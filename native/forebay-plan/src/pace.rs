//! How fast bytes come and how fast their reader takes them.

use std::time::Duration;

use crate::PlanSettings;

/// No wider gap is read through: on an idle connection of 90 MB/s and 30 ms it would pay up to 2.7 MB,
/// but past 1 MiB what is read for nothing begins to show in the bytes moved.
const WIDEST_GAP: u64 = 1 << 20;

/// No more connections are counted on for one row group.
const CONNECTIONS: u64 = 8;

/// What whoever fetches has measured. All zero: nothing yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Time since the stream was opened, less the time its reader waited.
    pub busy: Duration,
    /// From a request to its first byte.
    pub latency: Duration,
    /// Bytes per second on one connection.
    pub bandwidth: u64,
    /// Fetches under way in the process.
    pub flights: u64,
}

impl Pace {
    /// How far apart two wanted ranges may lie to be fetched as one: what moves in the time of a request,
    /// shared by the fetches under way (each byte read for nothing is one that they wait for), from the
    /// user's setting up to [`WIDEST_GAP`].
    pub(crate) fn gap(&self, settings: &PlanSettings) -> u64 {
        let moved = u128::from(self.bandwidth) * self.latency.as_nanos() / 1_000_000_000;
        let share = u64::try_from(moved).unwrap_or(u64::MAX) / self.flights.saturating_add(1);
        share.clamp(settings.gap, settings.gap.max(WIDEST_GAP.min(settings.piece)))
    }

    /// Little's law: as many row groups must be on their way as are decoded in the time that one takes
    /// to come. `bytes` in `parts` is one row group, `decode` what its reader needs for one.
    pub(crate) fn depth(&self, bytes: u64, parts: u64, decode: Duration, most: u32) -> u32 {
        if decode.is_zero() || self.bandwidth == 0 {
            return most.min(1);
        }
        let connections = u128::from(parts.clamp(1, CONNECTIONS));
        let moving = u128::from(bytes) * 1_000_000_000 / u128::from(self.bandwidth) / connections;
        let coming = self.latency.as_nanos().saturating_add(moving);
        let depth = u32::try_from(coming.div_ceil(decode.as_nanos())).unwrap_or(u32::MAX);
        depth.max(1).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOUD: Pace = Pace {
        busy: Duration::ZERO,
        latency: Duration::from_millis(30),
        bandwidth: 90_000_000,
        flights: 0,
    };

    #[test]
    fn as_many_row_groups_are_on_their_way_as_the_law_says() {
        let depth =
            |bytes, parts, millis| CLOUD.depth(bytes, parts, Duration::from_millis(millis), 4);
        assert_eq!(depth(9_000_000, 1, 200), 1, "130 ms to come, 200 to decode");
        assert_eq!(depth(9_000_000, 1, 100), 2);
        assert_eq!(depth(9_000_000, 4, 55), 1, "on four connections: 30 + 25 ms");
        assert_eq!(depth(9_000_000, 1, 1), 4, "never more than the most");
        assert_eq!(CLOUD.depth(1, 1, Duration::ZERO, 4), 1, "nothing measured yet");
        assert_eq!(CLOUD.depth(1, 1, Duration::ZERO, 0), 0);
        assert_eq!(Pace::default().depth(1, 1, Duration::from_secs(1), 4), 1);
    }

    #[test]
    fn the_gap_narrows_as_the_network_fills() {
        let settings = PlanSettings::default();
        let gap = |flights| Pace { flights, ..CLOUD }.gap(&settings);
        assert_eq!(gap(0), 1 << 20);
        assert_eq!(gap(4), 540_000);
        assert_eq!(gap(40), 256 << 10);
        assert_eq!(Pace::default().gap(&settings), settings.gap, "nothing measured yet");
        let wide = PlanSettings { gap: 4 << 20, ..settings };
        assert_eq!(CLOUD.gap(&wide), 4 << 20, "a user's wider gap stays");
    }
}
