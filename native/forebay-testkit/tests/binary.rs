//! The binary as scripts use it: one line of JSON, a control port, an end.

// Helpers of a test may fail like the test itself; clippy.toml covers test functions only.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};

use forebay_testkit::origin::Bucket;
use serde_json::Value;

struct Running {
    child: Child,
    port: u16,
    control: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already in every test that passes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(upstream: &str, flags: &[&str]) -> Running {
    let mut child = Command::new(env!("CARGO_BIN_EXE_forebay-proxy"))
        .args(["--upstream", upstream])
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ports: Value = serde_json::from_str(&line).unwrap();
    let port = |name: &str| u16::try_from(ports[name].as_u64().unwrap()).unwrap();
    Running { port: port("port"), control: port("control"), child }
}

fn ask(port: u16, line: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "{line} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn end(mut running: Running) -> ExitStatus {
    running.child.wait().unwrap()
}

#[test]
fn it_serves_counts_and_ends_with_its_input() {
    let bucket = Bucket::start().unwrap();
    bucket.put("k", "12345");
    let flags = ["--until-stdin-closes", "--shape", "cloud", "--head-ms", "7", "--pass", "first"];
    let mut running = start(&bucket.url(), &flags);
    assert!(ask(running.port, "GET /lake/k").ends_with("12345"));
    let stats = ask(running.control, "GET /stats");
    assert!(stats.contains("\"pass\":\"first\"") && stats.contains("\"GET\":1"), "{stats}");
    let shape = ask(running.control, "GET /shape");
    assert!(shape.contains("\"head_ms\":7") && shape.contains("\"mb_per_s\":90"), "{shape}");
    drop(running.child.stdin.take());
    assert!(end(running).success());
}

#[test]
fn it_quits_when_told_and_outlives_its_input_otherwise() {
    let bucket = Bucket::start().unwrap();
    let mut running = start(&bucket.url(), &[]);
    drop(running.child.stdin.take());
    assert!(ask(running.control, "GET /healthz").contains("200 OK"));
    assert!(ask(running.control, "POST /quit").contains("200 OK"));
    assert!(end(running).success());
}

#[test]
fn a_wrong_command_line_is_refused_with_the_reason() {
    let refused = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_forebay-proxy"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&[]).contains("--upstream is missing"));
    assert!(refused(&["--upstream"]).contains("needs a value"));
    assert!(refused(&["--fog", "1"]).contains("no flag --fog"));
    assert!(refused(&["--mb-per-s", "x"]).contains("whole number"));
    assert!(refused(&["--shape", "fog"]).contains("no shape fog"));
    assert!(refused(&["--upstream", "ftp://x"]).contains("ftp://x"));
}
