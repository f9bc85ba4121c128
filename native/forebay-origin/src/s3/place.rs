//! Where a bucket answers: its endpoint, and how the bucket is named there.
//!
//! The rules are those of the AWS SDK, which the wrapped file system uses: the bucket goes into the
//! host's name unless its owner asked for path style, or the name can't be part of a host name that a
//! certificate covers. Whatever these rules don't describe is refused, so that the wrapped file
//! system is asked instead; a guess could reach another store.

use forebay_types::{Error, ErrorKind, Result};
use reqwest::Url;

use super::S3Settings;

/// Longest bucket name; old ones have up to 255 characters.
const LONGEST_BUCKET: usize = 255;

/// Where requests for a bucket go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The URL before the path; contains the bucket where `virtual_hosted`.
    pub(super) endpoint: String,
    /// Whether the bucket is part of the host's name.
    pub(super) virtual_hosted: bool,
    /// Whether requests go over plain HTTP.
    pub(super) plain: bool,
}

impl Place {
    /// # Errors
    /// `InvalidArgument` where a setting is not of its form, `Unsupported` where another client has
    /// to reach the place.
    pub(super) fn of(settings: &S3Settings) -> Result<Place> {
        let S3Settings { bucket, region, .. } = settings;
        check_bucket(bucket)?;
        if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(invalid(bucket, "the region is missing or malformed; set its name"));
        }
        let text = match &settings.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => default_endpoint(bucket, region)?,
        };
        let url = Url::parse(&text).map_err(|_| malformed(bucket))?;
        let plain = match url.scheme() {
            "http" => true,
            "https" => false,
            _ => return Err(malformed(bucket)),
        };
        let bare = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        let (Some(host), true) = (url.host_str(), bare) else {
            return Err(malformed(bucket));
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let virtual_hosted = url.domain().is_some() && !settings.path_style && is_label(bucket);
        let scheme = url.scheme();
        let endpoint = if virtual_hosted {
            format!("{scheme}://{bucket}.{host}{port}")
        } else {
            format!("{scheme}://{host}{port}")
        };
        Ok(Place { endpoint, virtual_hosted, plain })
    }
}

fn check_bucket(bucket: &str) -> Result<()> {
    let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let valid = (1..=LONGEST_BUCKET).contains(&bucket.len())
        && bucket.bytes().all(named)
        && !matches!(bucket, "." | "..");
    if !valid {
        return Err(unsupported(bucket, "this is no bucket's name (an access point, perhaps)"));
    }
    if bucket.ends_with("--x-s3") {
        return Err(unsupported(bucket, "a directory bucket has sessions of its own"));
    }
    Ok(())
}

/// Whether the name can be one label of a host name: no dot, since a certificate's wildcard covers
/// one label only.
fn is_label(bucket: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| plain(b) || b == b'-')
        && bucket.bytes().next().is_some_and(plain)
        && bucket.bytes().last().is_some_and(plain)
}

fn default_endpoint(bucket: &str, region: &str) -> Result<String> {
    if region.contains("-iso") || region.starts_with("eusc-") {
        return Err(unsupported(
            bucket,
            "the region's endpoint isn't known here; set the endpoint",
        ));
    }
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Ok(format!("https://s3.{region}.{domain}"))
}

fn malformed(bucket: &str) -> Error {
    invalid(bucket, "the endpoint must be http://host[:port] or https://host[:port], no more")
}

fn invalid(bucket: &str, message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "configure", format!("s3://{bucket}"), message)
}

fn unsupported(bucket: &str, message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "configure", format!("s3://{bucket}"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: Option<&str>, region: &str, bucket: &str) -> S3Settings {
        S3Settings {
            endpoint: endpoint.map(str::to_owned),
            region: region.to_owned(),
            bucket: bucket.to_owned(),
            ..S3Settings::default()
        }
    }

    fn endpoint_of(endpoint: Option<&str>, region: &str, bucket: &str) -> String {
        Place::of(&settings(endpoint, region, bucket)).unwrap().endpoint
    }

    #[test]
    fn a_bucket_is_part_of_the_host_where_a_certificate_covers_it() {
        assert_eq!(
            endpoint_of(None, "eu-west-1", "sales"),
            "https://sales.s3.eu-west-1.amazonaws.com"
        );
        assert_eq!(
            endpoint_of(None, "cn-north-1", "sales"),
            "https://sales.s3.cn-north-1.amazonaws.com.cn"
        );
        assert_eq!(endpoint_of(None, "eu-west-1", "s.ales"), "https://s3.eu-west-1.amazonaws.com");
        assert_eq!(endpoint_of(None, "us-east-1", "Old_One"), "https://s3.us-east-1.amazonaws.com");
        let minio = Some("http://minio.local:9000/");
        assert_eq!(endpoint_of(minio, "us-east-1", "sales"), "http://sales.minio.local:9000");
        let address = Some("http://127.0.0.1:9000");
        assert_eq!(endpoint_of(address, "us-east-1", "sales"), "http://127.0.0.1:9000");
        let address = Some("https://[::1]:9000");
        assert_eq!(endpoint_of(address, "us-east-1", "sales"), "https://[::1]:9000");
    }

    #[test]
    fn path_style_keeps_the_host_and_plain_follows_the_scheme() {
        let given = settings(Some("http://minio.local:9000"), "us-east-1", "sales");
        let place = Place::of(&S3Settings { path_style: true, ..given }).unwrap();
        let endpoint = "http://minio.local:9000".to_owned();
        assert_eq!(place, Place { endpoint, virtual_hosted: false, plain: true });
        assert!(!Place::of(&settings(None, "eu-west-1", "sales")).unwrap().plain);
    }

    #[test]
    fn what_could_reach_another_store_is_refused() {
        let kind = |s: S3Settings| Place::of(&s).map_err(|error| error.kind()).unwrap_err();
        for endpoint in [
            "s3.amazonaws.com",
            "ftp://h",
            "http://",
            "http://u:p@h",
            "http://h/sub",
            "http://h?a=b",
            "http://h#f",
            "",
        ] {
            let given = settings(Some(endpoint), "eu-west-1", "sales");
            assert_eq!(kind(given), ErrorKind::InvalidArgument, "{endpoint}");
        }
        for region in ["", "eu west", "eu\n", "eu/../"] {
            assert_eq!(
                kind(settings(None, region, "sales")),
                ErrorKind::InvalidArgument,
                "{region:?}"
            );
        }
        assert_eq!(kind(settings(None, "us-iso-east-1", "sales")), ErrorKind::Unsupported);
        for bucket in
            ["", "..", "a/b", "a?b", "arn:aws:s3:eu:1:accesspoint/x", "ü", "b--eun1-az1--x-s3"]
        {
            assert_eq!(
                kind(settings(None, "eu-west-1", bucket)),
                ErrorKind::Unsupported,
                "{bucket}"
            );
        }
    }

    #[test]
    fn an_endpoint_is_never_repeated_in_an_error() {
        let given = settings(Some("http://user:password@h"), "eu-west-1", "sales");
        assert!(!format!("{:?}", Place::of(&given).unwrap_err()).contains("password"));
    }
}
