//! Child processes of a run, their accounts, and their ends.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};

use crate::child::Orders;
use crate::report;

/// One child.
#[derive(Debug)]
pub struct Member {
    child: Child,
    last: Arc<Mutex<Map<String, Value>>>,
    listener: Option<JoinHandle<()>>,
    killed: bool,
}

impl Member {
    /// Starts `program`, which is this crate's binary, as a child with `orders`.
    ///
    /// # Errors
    /// If no process can be started.
    pub fn start(program: &Path, orders: &Orders) -> io::Result<Member> {
        let mut child = Command::new(program)
            .args(["child", &orders.encode()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let last: Arc<Mutex<Map<String, Value>>> = Arc::default();
        let listener = child.stdout.take().map(|out| {
            let last = Arc::clone(&last);
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    if let Ok(Value::Object(told)) = serde_json::from_str(&line) {
                        *last.lock().unwrap_or_else(PoisonError::into_inner) = told;
                    }
                }
            })
        });
        Ok(Member { child, last, listener, killed: false })
    }

    /// Whether it still runs.
    pub fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        self.killed = true;
        // One that has ended by itself can't be killed, which is as good.
        let _ = self.child.kill();
    }

    /// Stops it where it stands, or lets it go on.
    pub fn pause(&self, stop: bool) {
        let signal = if stop { Signal::STOP } else { Signal::CONT };
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// What it told last.
    #[must_use]
    pub fn told(&self) -> Map<String, Value> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end: its account, with `kills` 1 where it was killed, and an unexplained error
    /// where it ended badly by itself.
    pub fn end(mut self) -> Map<String, Value> {
        let status = self.child.wait();
        if let Some(listener) = self.listener.take() {
            // A listener only stores lines.
            let _ = listener.join();
        }
        let mut told = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let code = status.ok().and_then(|status| status.code());
        match code {
            Some(0) => {}
            None => {
                told.insert("kills".to_owned(), json!(1));
            }
            Some(code) => {
                let mut more = Map::new();
                more.insert("unexplained_errors".to_owned(), json!(1));
                more.insert(
                    "first_unexplained".to_owned(),
                    json!(format!("a child ended with {code}")),
                );
                report::add(&mut told, &more);
            }
        }
        told
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if self.lives() {
            self.kill();
            let _ = self.child.wait();
        }
    }
}
