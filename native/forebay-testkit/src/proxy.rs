//! A proxy in front of an S3 server that shapes answers and counts requests and bytes.
//!
//! A request passes through **stages**, in this order, in `proxy/serve.rs`:
//!
//! 1. *ask*: what kind of request is this, for which object ([`Intent`]);
//! 2. *forward*: send it to the upstream server, unchanged: method, target, headers (Host too, it
//!    is part of an S3 signature) and body, which is counted as it streams;
//! 3. *delay*: hold the answer's head until the [`Shape`]'s time to first byte has passed since
//!    the request arrived; a slow upstream is not delayed further;
//! 4. *count*: enter the answer into the open pass, by [`Class`], status and range;
//! 5. *pace*: let the body out at the shape's bandwidth, counting what leaves.
//!
//! Between *forward* and *delay* an answer may be spoiled by a fault ([`crate::faults`]), by seed and
//! probability.
//!
//! A client's connection owns one connection to the upstream, reused like the client's own. When a
//! client leaves, its upstream connection goes with it, in the middle of a body if need be; when
//! the upstream breaks off, so does the answer. A server that can't be reached is a 502.
//!
//! Counting is by **pass**, a named phase between two resets. Each event counts in the pass that is
//! open when it happens, so nothing is lost or counted twice over a whole run; a pass that was
//! closed with requests in flight says so. A byte counts when it is handed to the client's
//! connection, before the client can have seen it: once a client holds a whole answer, that answer
//! is counted in full and its request has ended.
//!
//! A second listener is the **control port**: `GET /stats[?ranges=1]`, `POST /reset?pass=NAME`,
//! `GET /shape`, `POST /shape`, `GET /healthz`, `POST /quit`.

mod ask;
mod control;
mod count;
mod download;
mod log;
mod pace;
mod ranges;
mod serve;
mod settings;
mod shape;
mod upload;
mod upstream;

#[cfg(test)]
mod tests;

pub use ask::{Class, Intent};
pub use count::{ObjectReads, PassStats};
pub use ranges::RangeUnion;
pub use settings::{DataKeys, ProxySettings};
pub use shape::Shape;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex, RwLock};

use crate::faults::Faults;
use crate::hosting::{Host, bind};
use count::Tally;
use log::RequestLog;
use pace::Total;
use upstream::Upstream;

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    control: SocketAddr,
    core: Arc<Core>,
    _host: Host,
}

/// What all connections of a proxy share.
#[derive(Debug)]
struct Core {
    upstream: Upstream,
    shape: RwLock<Shape>,
    total: Arc<Total>,
    tally: Arc<Tally>,
    data: DataKeys,
    log: Option<RequestLog>,
    faults: RwLock<Option<Arc<Faults>>>,
    quit: Quit,
}

/// Whether the control port was told to quit.
#[derive(Debug, Default)]
struct Quit {
    told: Mutex<bool>,
    bell: Condvar,
}

impl Proxy {
    /// Starts a proxy as `settings` say, with its control port.
    ///
    /// # Errors
    ///
    /// If the upstream URL is no `http://host:port`, a port is taken, or the log can't be opened.
    pub fn start(settings: ProxySettings) -> io::Result<Proxy> {
        let core = Arc::new(Core {
            upstream: Upstream::parse(&settings.upstream)?,
            shape: RwLock::new(settings.shape),
            total: Arc::new(Total::default()),
            tally: Arc::new(Tally::open(settings.pass)),
            data: settings.data,
            log: settings.log.as_deref().map(RequestLog::append_to).transpose()?,
            faults: RwLock::default(),
            quit: Quit::default(),
        });
        let (listener, address) = bind(settings.port)?;
        let (control_listener, control) = bind(settings.control_port)?;
        let shared = core.clone();
        let host = Host::start("forebay-proxy", settings.threads, async move {
            let serving = serve::requests(listener, shared.clone());
            tokio::join!(serving, control::requests(control_listener, shared));
        })?;
        Ok(Proxy { address, control, core, _host: host })
    }

    /// The URL clients use in the upstream's place.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port clients connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The URL of the control port.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control)
    }

    /// The port of the control listener.
    #[must_use]
    pub fn control_port(&self) -> u16 {
        self.control.port()
    }

    /// What was counted since the last reset.
    #[must_use]
    pub fn stats(&self) -> PassStats {
        self.core.tally.stats()
    }

    /// Closes the pass and returns its counts; the next one has no name.
    pub fn reset(&self) -> PassStats {
        self.begin("")
    }

    /// Closes the pass and returns its counts; the next one is called `pass`.
    pub fn begin(&self, pass: &str) -> PassStats {
        self.core.tally.begin(pass)
    }

    /// The shape that requests get from now on.
    pub fn set_shape(&self, shape: Shape) {
        *self.core.shape.write() = shape;
    }

    /// From now on spoils answers to GETs of objects as `faults` say.
    pub fn set_faults(&self, faults: Option<Faults>) {
        *self.core.faults.write() = faults.map(Arc::new);
    }

    /// How often each kind of the present faults was injected.
    #[must_use]
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.core.faults.read().as_ref().map(|faults| faults.injected()).unwrap_or_default()
    }

    /// Waits until the control port is told to quit.
    pub fn wait_for_quit(&self) {
        let mut told = self.core.quit.told.lock();
        while !*told {
            self.core.quit.bell.wait(&mut told);
        }
    }
}
