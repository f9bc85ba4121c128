//! A real S3 server for a test: SeaweedFS over a temporary folder, on loopback ports that were free.
//!
//! The binary is the one `FOREBAY_WEED` names, else the one `make setup` installed. A test that needs
//! it fails where there is none. The server ends when this value is dropped, or with the thread that
//! started it.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use forebay_origin::{Credentials, S3Settings};
use object_store::ClientOptions;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{
    HttpClient, HttpConnector, HttpRequest, HttpRequestBody, HttpResponse, ReqwestConnector,
};

pub(crate) const BUCKET: &str = "contract";
const REGION: &str = "us-east-1";
const ACCESS: &str = "reader";
const SECRET: &str = "the-readers-secret";
const STARTING: Duration = Duration::from_secs(60);

pub(crate) struct Weed {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
    litter: [PathBuf; 4],
    client: HttpClient,
}

impl Weed {
    /// Starts a server with one empty bucket.
    pub(crate) async fn start() -> Weed {
        let binary = binary();
        // A port found free may be taken before the server binds it: seldom, so another try will do.
        let Some(weed) = (0..3).find_map(|_| Weed::try_start(&binary)) else {
            panic!("{} did not start within {STARTING:?}, three times", binary.display());
        };
        let (status, _) = weed.send("PUT", "", Vec::new()).await;
        assert_eq!(status, 200, "creating the bucket");
        weed
    }

    fn try_start(binary: &Path) -> Option<Weed> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("s3.json");
        let identity = format!(
            r#"{{"identities": [{{"name": "reader",
                "credentials": [{{"accessKey": "{ACCESS}", "secretKey": "{SECRET}"}}],
                "actions": ["Admin", "Read", "List", "Tagging", "Write"]}}]}}"#
        );
        fs::write(&config, identity).expect("the server's configuration");
        let log = fs::File::create(folder.path().join("log")).expect("the server's log");
        let [master, master_rpc, volume, volume_rpc, filer, filer_rpc, port, s3_rpc] = free_ports();
        let mut command = Command::new(binary);
        command
            .args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"])
            .args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"])
            .args(["-volume.max=20", "-master.volumeSizeLimitMB=128"])
            .arg(format!("-dir={}", folder.path().display()))
            .arg(format!("-master.port={master}"))
            .arg(format!("-master.port.grpc={master_rpc}"))
            .arg(format!("-volume.port={volume}"))
            .arg(format!("-volume.port.grpc={volume_rpc}"))
            .arg(format!("-filer.port={filer}"))
            .arg(format!("-filer.port.grpc={filer_rpc}"))
            .arg(format!("-s3.port={port}"))
            .arg(format!("-s3.port.grpc={s3_rpc}"))
            .arg(format!("-s3.config={}", config.display()))
            // Left to itself it puts these into /tmp, and leaves them there like those of `litter`,
            // whose place is fixed.
            .arg(format!("-filer.localSocket={}", folder.path().join("filer.sock").display()))
            .arg(format!("-s3.localSocket={}", folder.path().join("s3.sock").display()))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the server's log"))
            .stderr(log);
        // SAFETY: the closure makes one system call, which is safe between fork and exec.
        unsafe {
            command.pre_exec(|| {
                let kill = rustix::process::Signal::KILL;
                Ok(rustix::process::set_parent_process_death_signal(Some(kill))?)
            });
        }
        let child = command.spawn().expect("the server's process");
        let client = ReqwestConnector::default()
            .connect(&ClientOptions::new().with_allow_http(true))
            .expect("a client");
        let litter =
            [("master", master_rpc), ("volume", volume_rpc), ("filer", filer_rpc), ("s3", s3_rpc)]
                .map(|(role, port)| {
                    PathBuf::from(format!("/tmp/seaweedfs-{role}-grpc-{port}.sock"))
                });
        let mut weed = Weed { child, folder, port, litter, client };
        weed.is_ready().then_some(weed)
    }

    fn is_ready(&mut self) -> bool {
        let until = Instant::now() + STARTING;
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            if self.is_healthy().unwrap_or(false) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        eprintln!("the server's log:\n{log}");
        false
    }

    fn is_healthy(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: weed\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    }

    /// How an origin reaches the bucket.
    pub(crate) fn settings(&self) -> S3Settings {
        S3Settings {
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            region: REGION.to_owned(),
            bucket: BUCKET.to_owned(),
            ..S3Settings::default()
        }
    }

    /// The keys the server accepts.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::Keys {
            access_key: ACCESS.into(),
            secret_key: SECRET.into(),
            session_token: None,
        }
    }

    /// Writes an object and returns its ETag.
    pub(crate) async fn put(&self, key: &str, body: Vec<u8>) -> String {
        let (status, answer) = self.send("PUT", &format!("/{}", encoded(key)), body).await;
        assert_eq!(status, 200, "writing {key}");
        let etag = answer.headers().get("etag").expect("an etag");
        etag.to_str().expect("text").to_owned()
    }

    /// Removes an object.
    pub(crate) async fn delete(&self, key: &str) {
        let (status, _) = self.send("DELETE", &format!("/{}", encoded(key)), Vec::new()).await;
        assert_eq!(status, 204, "removing {key}");
    }

    async fn send(&self, method: &str, path: &str, body: Vec<u8>) -> (u16, HttpResponse) {
        let mut request = HttpRequest::new(HttpRequestBody::from(body));
        *request.method_mut() = method.parse().expect("a method");
        let url = format!("http://127.0.0.1:{}/{BUCKET}{path}", self.port);
        *request.uri_mut() = url.parse().expect("a URL");
        let credential =
            AwsCredential { key_id: ACCESS.into(), secret_key: SECRET.into(), token: None };
        AwsAuthorizer::new(&credential, "s3", REGION)
            .with_sign_payload(false)
            .try_authorize(&mut request, None)
            .expect("a signature");
        let answer = self.client.execute(request).await.expect("an answer");
        (answer.status().as_u16(), answer)
    }
}

impl Drop for Weed {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for socket in &self.litter {
            let _ = fs::remove_file(socket);
        }
    }
}

/// Percent-encodes a key on its own terms, so that it checks how the client under test does it.
fn encoded(key: &str) -> String {
    let kept = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'.' | b'_' | b'~');
    key.bytes()
        .map(|b| if kept(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("FOREBAY_WEED") {
        return PathBuf::from(named);
    }
    installed().unwrap_or_else(|| {
        panic!("no SeaweedFS found: run 'make setup', or let FOREBAY_WEED name a weed binary")
    })
}

fn installed() -> Option<PathBuf> {
    let home = PathBuf::from(std::env::var_os("HOME")?);
    let folders = fs::read_dir(home.join(".cache/forebay")).ok()?;
    let mut found: Vec<_> = folders
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("py-"))
        .map(|entry| entry.path().join("bin/weed"))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop()
}

fn free_ports<const N: usize>() -> [u16; N] {
    // All are held until the last is known, so that they differ.
    let held: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    held.map(|listener| listener.local_addr().expect("an address").port())
}
