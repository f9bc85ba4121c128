//! Where Google's and Azure's stores are, and who reads them, as Java says it: by name, kind first.

use forebay_engine::{
    AzureDirectory, AzureIdentity, AzureSettings, GcsIdentity, GcsSettings, LineSettings,
};

use super::{millis, named, optional, retry};
use crate::policy::{Answer, bad_argument};

/// What is given beside the names that every store has: `identity`, and for `key-file` the `key-file`.
pub(super) fn gcs(access: &[(String, String)]) -> Answer<GcsSettings> {
    let identity = match named(access, "identity")? {
        "anonymous" => GcsIdentity::Anonymous,
        "machine" => GcsIdentity::Machine,
        "default" => GcsIdentity::Default,
        "key-file" => GcsIdentity::KeyFile(named(access, "key-file")?.into()),
        other => return Err(nobody(other)),
    };
    Ok(GcsSettings {
        endpoint: optional(access, "endpoint"),
        bucket: named(access, "bucket")?.to_owned(),
        identity,
        line: line(access)?,
    })
}

/// What is given beside the names that every store has: `container`, `account`, `identity`, and what the
/// identity is made of. The `bucket` is the two in one, `container@account`.
pub(super) fn azure(access: &[(String, String)]) -> Answer<AzureSettings> {
    let given = |name| named(access, name).map(str::to_owned);
    let directory = || -> Answer<AzureDirectory> {
        Ok(AzureDirectory { authority: given("authority")?, tenant: given("tenant")? })
    };
    let identity = match named(access, "identity")? {
        "anonymous" => AzureIdentity::Anonymous,
        "key" => AzureIdentity::Key(given("secret")?.into()),
        "signature" => AzureIdentity::Signature(given("secret")?.into()),
        "client" => AzureIdentity::Client {
            directory: directory()?,
            id: given("client")?,
            secret: given("secret")?.into(),
        },
        "workload" => AzureIdentity::Workload {
            directory: directory()?,
            id: given("client")?,
            file: given("token-file")?,
        },
        "machine" => AzureIdentity::Machine {
            id: optional(access, "client"),
            endpoint: optional(access, "metadata"),
        },
        other => return Err(nobody(other)),
    };
    Ok(AzureSettings {
        endpoint: given("endpoint")?,
        account: given("account")?,
        container: given("container")?,
        identity,
        line: line(access)?,
    })
}

fn line(access: &[(String, String)]) -> Answer<LineSettings> {
    let usual = LineSettings::default();
    Ok(LineSettings {
        connect_timeout: millis(access, "connect-timeout")?.unwrap_or(usual.connect_timeout),
        retry: retry(access)?,
        ..usual
    })
}

fn nobody(other: &str) -> crate::policy::Failure {
    bad_argument("open store", format!("nobody is known as '{other}'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Failure;

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_identity_takes_what_it_is_made_of() {
        let usual = [("bucket", "lake"), ("endpoint", ""), ("identity", "key-file")];
        assert!(gcs(&given(&usual)).is_err(), "its file is missing");
        let file = [usual.as_slice(), &[("key-file", "/k.json")]].concat();
        let Some(settings) = gcs(&given(&file)).ok() else { panic!("not taken") };
        assert_eq!(settings.identity, GcsIdentity::KeyFile("/k.json".into()));

        let usual =
            [("container", "c"), ("account", "a"), ("endpoint", "http://h"), ("secret", "s3cr3t")];
        for (kind, missing) in
            [("client", "authority"), ("workload", "authority"), ("somebody", "somebody")]
        {
            let all = [usual.as_slice(), &[("identity", kind)]].concat();
            let Err(Failure::Engine(error)) = azure(&given(&all)) else { panic!("{kind} taken") };
            assert!(error.message().contains(missing), "{error}");
        }
        let all = [usual.as_slice(), &[("identity", "key")]].concat();
        let Some(settings) = azure(&given(&all)).ok() else { panic!("not taken") };
        assert!(!format!("{settings:?}").contains("s3cr3t"), "{settings:?}");
    }
}
