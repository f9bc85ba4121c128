//! A store's speed: how long until an answer begins, and how fast its body flows.

use std::time::Duration;

use serde_json::{Value, json};

use super::Intent;

/// Latency and bandwidth given to answers. The default adds none.
///
/// Times run from a request's arrival to its answer's head and are floors, not additions: an
/// upstream slower than that is left alone. Megabytes are 10^6 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// Time to first byte of a GET of an object.
    pub first_byte: Duration,
    /// Time to first byte of HEAD, LIST and what is neither read nor write.
    pub head: Duration,
    /// Time to first byte of PUT, POST and DELETE.
    pub write: Duration,
    /// Bytes of response bodies per second and connection.
    pub per_connection: Option<u64>,
    /// Bytes of response bodies per second over all connections.
    pub total: Option<u64>,
}

const MB: u64 = 1_000_000;

impl Shape {
    /// A cloud store seen from a machine of the same region: what S3's own guidance gives for one
    /// connection (85–90 MB/s) and for small requests (tens of milliseconds), with a link of 8 Gb/s.
    #[must_use]
    pub fn cloud_store() -> Shape {
        Shape {
            first_byte: Duration::from_millis(30),
            head: Duration::from_millis(20),
            write: Duration::from_millis(30),
            per_connection: Some(90 * MB),
            total: Some(1000 * MB),
        }
    }

    /// The shape called `none` or `cloud`.
    #[must_use]
    pub fn named(name: &str) -> Option<Shape> {
        match name {
            "none" => Some(Shape::default()),
            "cloud" => Some(Shape::cloud_store()),
            _ => None,
        }
    }

    /// Sets the value called `name`: one of `first_byte_ms`, `head_ms`, `write_ms`, `mb_per_s`,
    /// `total_mb_per_s`. A bandwidth of 0 is no limit. False if there is no such name.
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        let rate = (value > 0).then(|| value.saturating_mul(MB));
        match name {
            "first_byte_ms" => self.first_byte = Duration::from_millis(value),
            "head_ms" => self.head = Duration::from_millis(value),
            "write_ms" => self.write = Duration::from_millis(value),
            "mb_per_s" => self.per_connection = rate,
            "total_mb_per_s" => self.total = rate,
            _ => return false,
        }
        true
    }

    /// The shape of a JSON object: the values of [`Shape::set`] over those of the shape named by
    /// `"shape"`, or over none.
    ///
    /// # Errors
    ///
    /// A sentence that names what is not understood.
    pub fn from_json(text: &[u8]) -> Result<Shape, String> {
        let json: Value =
            serde_json::from_slice(text).map_err(|error| format!("not json: {error}"))?;
        let fields = json.as_object().ok_or("not a json object")?;
        let mut shape = match fields.get("shape") {
            None => Shape::default(),
            Some(name) => (name.as_str().and_then(Shape::named))
                .ok_or_else(|| format!("no shape {name}: none or cloud"))?,
        };
        for (name, value) in fields.iter().filter(|(name, _)| *name != "shape") {
            let number = value.as_u64().ok_or_else(|| format!("{name} is no whole number"))?;
            if !shape.set(name, number) {
                return Err(format!("a shape has no {name}"));
            }
        }
        Ok(shape)
    }

    /// The values that [`Shape::from_json`] takes.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let rate = |rate: Option<u64>| rate.map_or(0, |rate| rate / MB);
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        json!({
            "first_byte_ms": ms(self.first_byte),
            "head_ms": ms(self.head),
            "write_ms": ms(self.write),
            "mb_per_s": rate(self.per_connection),
            "total_mb_per_s": rate(self.total),
        })
    }

    pub(super) fn delay(&self, intent: Intent) -> Duration {
        match intent {
            Intent::Get => self.first_byte,
            Intent::Head | Intent::List | Intent::Other => self.head,
            Intent::Put | Intent::Post | Intent::Delete => self.write,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_there_and_back() {
        let cloud = Shape::cloud_store();
        let text = cloud.to_json().to_string();
        assert_eq!(Shape::from_json(text.as_bytes()), Ok(cloud.clone()));
        assert_eq!(Shape::from_json(br#"{"shape":"cloud"}"#), Ok(cloud));
        assert_eq!(Shape::from_json(b"{}"), Ok(Shape::default()));
        let slow =
            Shape::from_json(br#"{"shape":"cloud","mb_per_s":5,"total_mb_per_s":0}"#).unwrap();
        assert_eq!((slow.per_connection, slow.total), (Some(5_000_000), None));
        assert_eq!(slow.first_byte, Duration::from_millis(30));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let refused = |text: &str| Shape::from_json(text.as_bytes()).unwrap_err();
        assert!(refused(r#"{"mb":5}"#).contains("mb"));
        assert!(refused(r#"{"shape":"fog"}"#).contains("fog"));
        assert!(refused(r#"{"head_ms":-1}"#).contains("head_ms"));
        assert!(refused("[]").contains("object"));
        assert!(refused("").contains("json"));
    }
}
