//! The keys requests are signed with.
//!
//! The host resolves credentials by its own provider chain and puts them into [`SharedCredentials`];
//! the client looks there at each request. Until something was put there, every request is denied
//! without being sent: "none yet" is not "anonymous".

use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;

/// Text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// The text itself, for signing only.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a request's header can carry the text.
    pub(crate) fn fits_header(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|b| (0x21..0x7f).contains(&b))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text.into_boxed_str())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Who requests are made as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody: requests are not signed.
    Anonymous,
    /// The owner of these keys.
    Keys {
        /// The access key's id.
        access_key: Secret,
        /// The secret access key.
        secret_key: Secret,
        /// The session token, where the keys are temporary.
        session_token: Option<Secret>,
    },
    /// Whoever the surroundings of the process say that it is.
    Of(Surroundings),
}

/// Where a process that was given no keys may find some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surroundings {
    /// The role of its container, else of its machine.
    Machine,
    /// The web identity that the environment names.
    WebIdentity,
}

/// Credentials that may be replaced while requests are made with them.
#[derive(Debug, Default)]
pub struct SharedCredentials {
    held: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    credentials: Option<Arc<Credentials>>,
    generation: u64,
}

impl SharedCredentials {
    /// A place that holds `credentials` already.
    #[must_use]
    pub fn new(credentials: Credentials) -> SharedCredentials {
        let shared = SharedCredentials::default();
        shared.set(credentials);
        shared
    }

    /// Replaces what is held, and returns the generation that begins with it. Setting what is already
    /// held begins none: a caller that was denied can tell by the generation whether asking again
    /// makes sense.
    pub fn set(&self, credentials: Credentials) -> u64 {
        let mut held = self.held.write();
        if held.credentials.as_deref() != Some(&credentials) {
            held.credentials = Some(Arc::new(credentials));
            held.generation += 1;
        }
        held.generation
    }

    /// How often what is held has changed; 0 while nothing is.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.held.read().generation
    }

    /// What is held now.
    pub(crate) fn current(&self) -> Option<Arc<Credentials>> {
        self.held.read().credentials.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str) -> Credentials {
        Credentials::Keys {
            access_key: "AKIAEXAMPLE".into(),
            secret_key: secret.into(),
            session_token: Some("TOKENEXAMPLE".into()),
        }
    }

    #[test]
    fn nothing_shows_a_secret() {
        let shown = format!("{:?}", SharedCredentials::new(keys("SECRETEXAMPLE")));
        assert!(!shown.contains("EXAMPLE"), "{shown}");
        assert!(shown.contains("generation: 1"), "{shown}");
    }

    #[test]
    fn a_generation_begins_when_something_changes() {
        let shared = SharedCredentials::default();
        assert_eq!((shared.generation(), shared.current()), (0, None));
        assert_eq!(shared.set(keys("one")), 1);
        assert_eq!(shared.set(keys("one")), 1);
        assert_eq!(shared.set(keys("two")), 2);
        assert_eq!(shared.set(Credentials::Anonymous), 3);
        assert_eq!(shared.current().as_deref(), Some(&Credentials::Anonymous));
    }
}
