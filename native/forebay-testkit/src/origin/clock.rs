//! The time of a write in the two spellings of S3: HTTP's in headers, ISO 8601 in listings.

/// The year begins on a Thursday.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [(&str, u64); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];

/// A second of the year 2026.
struct Moment {
    weekday: &'static str,
    month: (u64, &'static str),
    day: u64,
    time: String,
}

impl Moment {
    /// The second `write` of the year; beyond its end the year begins again.
    fn of(write: u64) -> Moment {
        let second = write % (365 * 86_400);
        let day_of_year = second / 86_400;
        let (mut month, mut day) = ((1, "Jan"), day_of_year);
        for (number, (name, days)) in (1..).zip(MONTHS) {
            month = (number, name);
            if day < days {
                break;
            }
            day -= days;
        }
        let time = format!("{:02}:{:02}:{:02}", second / 3600 % 24, second / 60 % 60, second % 60);
        let weekday = DAYS.iter().cycle().zip(0..=day_of_year).last().map_or("Thu", |(day, _)| day);
        Moment { weekday, month, day: day + 1, time }
    }
}

/// As in `Last-Modified`.
pub(super) fn header(write: u64) -> String {
    let Moment { weekday, month, day, time } = Moment::of(write);
    format!("{weekday}, {day:02} {} 2026 {time} GMT", month.1)
}

/// As in a listing's `LastModified`.
pub(super) fn listing(write: u64) -> String {
    let Moment { month, day, time, .. } = Moment::of(write);
    format!("2026-{:02}-{day:02}T{time}.000Z", month.0)
}
