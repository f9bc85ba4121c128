//! Servers that speak the protocols of Google's store and of Azure's, as `scripts/setup.py --only stores`
//! installs them. One ends when its value is dropped, or with the thread that started it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use object_store::ClientOptions;
use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureCredential};
use object_store::client::{HttpConnector, HttpRequest, HttpRequestBody, ReqwestConnector};

use forebay_origin::{AzureIdentity, AzureSettings, GcsIdentity, GcsSettings};

pub(crate) const BUCKET: &str = "contract";
pub(crate) const ACCOUNT: &str = "acc";
/// 64 bytes, in base 64.
const KEY: &str =
    "Zm9yZWJheS10ZXN0cy1vbmx5LWZvcmViYXktdGVzdHMtb25seS1mb3JlYmF5LXRlc3RzLW9ubHktMTIzNA==";
const STARTING: Duration = Duration::from_secs(60);

/// A server's process.
pub(crate) struct Emulator {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Emulator {
    /// Google's, with one empty bucket.
    pub(crate) fn gcs() -> Emulator {
        let binary = installed("fake-gcs-server-").join("fake-gcs-server");
        Emulator::start(|port, folder| {
            fs::create_dir_all(folder.join("data").join(BUCKET)).expect("the bucket");
            let mut command = Command::new(&binary);
            command
                .args(["-scheme", "http", "-backend", "memory", "-host", "127.0.0.1"])
                .args(["-log-level", "warn", "-port", &port.to_string()])
                .arg("-data")
                .arg(folder.join("data"));
            command
        })
    }

    /// Azure's, without a container.
    pub(crate) fn azure() -> Emulator {
        let place = installed("azurite-");
        let script = place.join("node_modules/azurite/dist/src/blob/main.js");
        Emulator::start(|port, folder| {
            let mut command = Command::new(place.join("node"));
            command
                .arg(&script)
                .args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()])
                .args(["--silent", "--disableTelemetry", "--location"])
                .arg(folder)
                .env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{KEY}"));
            command
        })
    }

    fn start(command: impl Fn(u16, &Path) -> Command) -> Emulator {
        // A port found free may be taken before the server binds it: seldom, so another try will do.
        let started = (0..3).find_map(|_| Emulator::try_start(&command));
        started.expect("the server did not start, three times")
    }

    fn try_start(command: &impl Fn(u16, &Path) -> Command) -> Option<Emulator> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let log = fs::File::create(folder.path().join("log")).expect("the server's log");
        let mut command = command(port, folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the server's log")).stderr(log);
        // SAFETY: the closure makes one system call, which is safe between fork and exec.
        unsafe {
            command.pre_exec(|| {
                let kill = rustix::process::Signal::KILL;
                Ok(rustix::process::set_parent_process_death_signal(Some(kill))?)
            });
        }
        let child = command.spawn().expect("the server's process");
        let mut emulator = Emulator { child, folder, port };
        emulator.is_ready().then_some(emulator)
    }

    fn is_ready(&mut self) -> bool {
        let until = Instant::now() + STARTING;
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            // Nothing tells when a process begins to listen; this is the pace of asking.
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        eprintln!("the server's log:\n{log}");
        false
    }

    /// Makes Azure's container; nothing of the library does that.
    pub(crate) async fn create_container(&self) {
        let url = format!("http://127.0.0.1:{}/{ACCOUNT}/{BUCKET}?restype=container", self.port);
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = "PUT".parse().expect("a method");
        *request.uri_mut() = url.parse().expect("a URL");
        request.headers_mut().insert("content-length", 0.into());
        let key = AzureCredential::AccessKey(AzureAccessKey::try_new(KEY).expect("a key"));
        AzureAuthorizer::new(&key, ACCOUNT).try_authorize(&mut request).expect("a signature");
        let client = ReqwestConnector::default()
            .connect(&ClientOptions::new().with_allow_http(true))
            .expect("a client");
        let answer = client.execute(request).await.expect("an answer");
        assert_eq!(answer.status(), 201, "creating the container");
    }

    pub(crate) fn gcs_settings(&self) -> GcsSettings {
        GcsSettings {
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            bucket: BUCKET.to_owned(),
            identity: GcsIdentity::Anonymous,
            ..GcsSettings::default()
        }
    }

    pub(crate) fn azure_settings(&self) -> AzureSettings {
        AzureSettings {
            endpoint: format!("http://127.0.0.1:{}/{ACCOUNT}", self.port),
            account: ACCOUNT.to_owned(),
            container: BUCKET.to_owned(),
            identity: AzureIdentity::Key(KEY.into()),
            ..AzureSettings::default()
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The newest folder whose name begins with `prefix` among those that the set-up makes.
fn installed(prefix: &str) -> PathBuf {
    let home = std::env::var_os("FOREBAY_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/forebay")));
    let folders = home.and_then(|home| fs::read_dir(home).ok()).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
        .pop()
        .unwrap_or_else(|| panic!("no {prefix} here: run 'python3 scripts/setup.py --only stores'"))
}
