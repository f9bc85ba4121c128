//! The *ask* stage: what a request wants, told from its method and target alone, and the class its
//! answer is counted under.

use hyper::Method;
use hyper::http::request::Parts;

use crate::url_text::{bucket_and_key, pairs};

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// The bytes of an object.
    Get,
    /// An object's or a bucket's status.
    Head,
    /// A listing: a GET without a key.
    List,
    /// An upload: an object, a part of one, or a copy.
    Put,
    /// The steps of a multipart upload, or a deletion of many keys.
    Post,
    /// A deletion.
    Delete,
    /// Anything else, such as an object's tags.
    Other,
}

/// What an answered request counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A GET of an object, answered 200 or 206.
    Get,
    /// A GET of an object, answered 304.
    GetNotModified,
    /// A GET of an object, answered otherwise.
    GetFailed,
    /// Any HEAD.
    Head,
    /// Any listing.
    List,
    /// Any PUT.
    Put,
    /// Any POST.
    Post,
    /// Any DELETE.
    Delete,
    /// Anything else.
    Other,
}

/// A request, as far as counting and shaping care.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) intent: Intent,
    /// `bucket/key`, decoded, of a request for an object.
    pub(super) object: Option<String>,
    /// Whether that object holds table data.
    pub(super) data: bool,
}

/// Queries that make a GET of a key one of something about the object.
const ASPECTS: [&str; 8] = [
    "acl",
    "attributes",
    "legal-hold",
    "retention",
    "tagging",
    "torrent",
    "uploadId",
    "object-lock",
];

impl Ask {
    pub(super) fn of(parts: &Parts, data: &super::DataKeys) -> Ask {
        let (bucket, key) = bucket_and_key(parts.uri.path());
        let aspect = || pairs(parts.uri.query()).any(|(name, _)| ASPECTS.contains(&name.as_str()));
        let intent = match (&parts.method, &key) {
            (&Method::GET, None) => Intent::List,
            (&Method::GET, Some(_)) if aspect() => Intent::Other,
            (&Method::GET, Some(_)) => Intent::Get,
            (&Method::HEAD, _) => Intent::Head,
            (&Method::PUT, _) => Intent::Put,
            (&Method::POST, _) => Intent::Post,
            (&Method::DELETE, _) => Intent::Delete,
            _ => Intent::Other,
        };
        let data = key.as_deref().is_some_and(|key| data.holds(key));
        Ask { intent, object: key.map(|key| format!("{bucket}/{key}")), data }
    }

    pub(super) fn class(&self, status: u16) -> Class {
        match self.intent {
            Intent::Get if matches!(status, 200 | 206) => Class::Get,
            Intent::Get if status == 304 => Class::GetNotModified,
            Intent::Get => Class::GetFailed,
            Intent::Head => Class::Head,
            Intent::List => Class::List,
            Intent::Put => Class::Put,
            Intent::Post => Class::Post,
            Intent::Delete => Class::Delete,
            Intent::Other => Class::Other,
        }
    }
}

impl Class {
    /// Every class, in the order of the report.
    pub const ALL: [Class; 9] = [
        Class::Get,
        Class::GetNotModified,
        Class::GetFailed,
        Class::Head,
        Class::List,
        Class::Put,
        Class::Post,
        Class::Delete,
        Class::Other,
    ];

    /// The name used in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Get => "GET",
            Class::GetNotModified => "GET304",
            Class::GetFailed => "GET_FAILED",
            Class::Head => "HEAD",
            Class::List => "LIST",
            Class::Put => "PUT",
            Class::Post => "POST",
            Class::Delete => "DELETE",
            Class::Other => "OTHER",
        }
    }
}
