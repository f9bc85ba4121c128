//! What goes through is what was sent, to the byte, and connections live and die in pairs.

use super::*;
use crate::content;

const REQUEST: &str = "GET /lake/a%2fb//c%20d/?x-id=GetObject&prefix=%C3%A4+b&empty=&bare HTTP/1.1\r\n\
    Host: 127.0.0.1:9999\r\n\
    x-amz-content-SHA256: UNSIGNED-PAYLOAD\r\n\
    Authorization: AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/s3, Signature=00ff\r\n\
    X-Amz-Date: 20260101T000000Z\r\n\
    Range: bytes=0-3\r\n\
    accept-encoding: identity\r\n\r\n";

const ANSWER: &str = "HTTP/1.1 206 Partial Content\r\n\
    ETag: \"abc\"\r\n\
    x-AMZ-Meta-Odd: one  two\r\n\
    Content-Range: bytes 0-3/10\r\n\
    Content-Length: 4\r\n\
    Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
    Server: hand\r\n\r\n";

#[test]
fn heads_and_bodies_pass_unchanged() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        let head = peer.head();
        peer.write(ANSWER);
        peer.write("0123");
        head
    });
    let mut client = Peer::connect(&proxy.url());
    client.write(REQUEST);
    let answer = client.message(false);
    assert_eq!(answer.head, ANSWER);
    assert_eq!(answer.text(), "0123");
    assert_eq!(upstream.join().unwrap(), REQUEST);
}

/// 64 MiB, in pieces of which none is aligned to anything.
const BIG: usize = 64 << 20;
const PIECE: usize = 1_000_003;

fn pieces() -> impl Iterator<Item = (u64, usize)> {
    (0..BIG).step_by(PIECE).map(|at| (at as u64, PIECE.min(BIG - at)))
}

fn write_big(peer: &mut Peer, key: &str) {
    pieces().for_each(|(at, length)| peer.write(content::bytes(1, key, 1, at, length)));
}

fn check_big(peer: &mut Peer, key: &str) {
    pieces().for_each(|(at, length)| content::check(1, key, 1, at, &peer.bytes(length)).unwrap());
}

#[test]
fn big_bodies_pass_both_ways() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        assert!(peer.head().starts_with("PUT /lake/up HTTP/1.1\r\n"));
        check_big(&mut peer, "up");
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert!(peer.head().starts_with("GET /lake/down HTTP/1.1\r\n"));
        peer.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {BIG}\r\n\r\n"));
        write_big(&mut peer, "down");
    });
    let mut client = Peer::connect(&proxy.url());
    client.write(format!("PUT /lake/up HTTP/1.1\r\nHost: h\r\nContent-Length: {BIG}\r\n\r\n"));
    write_big(&mut client, "up");
    assert_eq!(client.message(false).status(), 200);
    client.write("GET /lake/down HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 200 OK\r\n"));
    check_big(&mut client, "down");
    upstream.join().unwrap();

    let stats = proxy.stats();
    assert_eq!((stats.get_bytes, stats.request_bytes), (BIG as u64, BIG as u64));
    assert_eq!((stats.connections, stats.upstream_connections, stats.in_flight), (1, 1, 0));
    assert_eq!(stats.objects["lake/down"].ranges.bytes(), BIG as u64);
}

#[test]
fn chunked_bodies_stay_chunked() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        let request = peer.message(false);
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        request
    });
    let mut client = Peer::connect(&proxy.url());
    // The body of an aws-chunked upload is signed: it must not be touched.
    let signed = "5;chunk-signature=00ff\r\nhello\r\n0;chunk-signature=ff00\r\n\r\n";
    client.write("PUT /lake/k HTTP/1.1\r\nHost: h\r\nContent-Encoding: aws-chunked\r\n");
    client.write("Transfer-Encoding: chunked\r\n\r\n");
    client.write(format!("{:x}\r\n{signed}\r\n0\r\n\r\n", signed.len()));
    assert_eq!(client.message(false).text(), "abc");
    let request = upstream.join().unwrap();
    assert_eq!(request.text(), signed);
    assert_eq!(request.header("transfer-encoding"), Some("chunked"));
    assert_eq!(proxy.stats().request_bytes, signed.len() as u64);
}

#[test]
fn answers_without_a_body_keep_their_headers_and_the_connection() {
    let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\nETag: \"h\"\r\nDate: x\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"n\"\r\nDate: x\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n",
    ];
    let (proxy, upstream) = before(move |listener| {
        let mut peer = Peer::accept(&listener);
        for answer in answers {
            peer.head();
            peer.write(answer);
        }
    });
    let mut client = Peer::connect(&proxy.url());
    let requests = ["HEAD /lake/k", "GET /lake/k", "DELETE /lake/k", "HEAD /lake/none"];
    for (request, answer) in requests.iter().zip(answers) {
        client.write(format!("{request} HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert_eq!(client.head(), answer, "{request}");
    }
    upstream.join().unwrap();
    let stats = proxy.stats();
    assert_eq!((stats.connections, stats.upstream_connections), (1, 1));
    assert_eq!((stats.in_flight, stats.cut_short, stats.unanswered), (0, 0, 0));
}

const EXPECTING: &str =
    "PUT /lake/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

#[test]
fn the_client_is_told_to_continue_when_the_upstream_says_so() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        let head = peer.head();
        peer.write("HTTP/1.1 100 Continue\r\n\r\n");
        let body = peer.bytes(5);
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        (head, body)
    });
    let mut client = Peer::connect(&proxy.url());
    client.write(EXPECTING);
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.write("hello");
    assert_eq!(client.message(false).status(), 200);
    assert_eq!(upstream.join().unwrap(), (EXPECTING.to_owned(), b"hello".to_vec()));
}

#[test]
fn a_refused_upload_is_never_asked_for() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        peer.head();
        peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied");
        peer.rest()
    });
    let mut client = Peer::connect(&proxy.url());
    client.write(EXPECTING);
    let answer = client.message(false);
    assert_eq!((answer.status(), answer.text()), (403, "denied"));
    assert_eq!(client.rest(), b"", "the connection closes, nothing was asked for");
    assert_eq!(upstream.join().unwrap(), b"");
    assert_eq!(proxy.stats().request_bytes, 0);
}

#[test]
fn a_clients_connection_keeps_one_upstream_connection() {
    let (_bucket, proxy, mut one) = before_bucket();
    let mut other = Peer::connect(&proxy.url());
    for _ in 0..10 {
        assert_eq!(one.ask("HEAD /lake/k", &[]).status(), 404);
        assert_eq!(other.ask("GET /lake/k", &[]).status(), 404);
    }
    let stats = proxy.stats();
    assert_eq!((stats.connections, stats.upstream_connections), (2, 2));
}

#[test]
fn an_upstream_that_closes_idle_connections_is_connected_again() {
    let (proxy, upstream) = before(|listener| {
        for _ in 0..5 {
            let mut peer = Peer::accept(&listener);
            peer.head();
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let mut client = Peer::connect(&proxy.url());
    for _ in 0..5 {
        assert_eq!(client.ask("GET /lake/k", &[]).text(), "ok");
    }
    upstream.join().unwrap();
    let stats = proxy.stats();
    assert_eq!((stats.connections, stats.upstream_connections), (1, 5));
}

#[test]
fn a_client_that_leaves_takes_its_download_along() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        peer.head();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n");
        peer.write_until_refused();
    });
    let mut client = Peer::connect(&proxy.url());
    client.write("GET /lake/endless HTTP/1.1\r\nHost: h\r\n\r\n");
    client.head();
    client.bytes(1 << 20);
    drop(client);
    upstream.join().unwrap();
    eventually("the download ends", || proxy.stats().in_flight == 0);
    let stats = proxy.stats();
    assert_eq!((stats.cut_short, stats.count(Class::Get)), (1, 1));
    assert!(stats.get_bytes >= 1 << 20);
}

#[test]
fn a_client_that_leaves_before_the_answer_is_noticed() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        peer.head();
        peer.rest()
    });
    let mut client = Peer::connect(&proxy.url());
    client.write("GET /lake/slow HTTP/1.1\r\nHost: h\r\n\r\n");
    eventually("the request is under way", || proxy.stats().upstream_connections == 1);
    drop(client);
    assert_eq!(upstream.join().unwrap(), b"");
    eventually("the request ends", || proxy.stats().in_flight == 0);
    let stats = proxy.stats();
    assert_eq!((stats.unanswered, stats.cut_short, stats.count(Class::Get)), (1, 0, 0));
}

#[test]
fn a_client_that_leaves_takes_its_upload_along() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        peer.head();
        peer.rest()
    });
    let mut client = Peer::connect(&proxy.url());
    client.write("PUT /lake/k HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
    eventually("the body is under way", || proxy.stats().request_bytes == 3);
    drop(client);
    let arrived = upstream.join().unwrap();
    assert!(b"abc".starts_with(&arrived), "{arrived:?}");
    eventually("the request ends", || proxy.stats().in_flight == 0);
    assert_eq!(proxy.stats().unanswered + proxy.stats().errors.len() as u64, 1);
}

#[test]
fn an_answer_that_breaks_off_breaks_off_for_the_client_too() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        peer.head();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
    });
    let mut client = Peer::connect(&proxy.url());
    client.write("GET /lake/k HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 200"));
    upstream.join().unwrap();
    assert!(b"abc".starts_with(&client.rest()));
    eventually("the request ends", || proxy.stats().in_flight == 0);
    assert_eq!(proxy.stats().cut_short, 1);
}

#[test]
fn an_upstream_that_is_not_there_is_a_bad_gateway() {
    let (listener, url) = listen();
    drop(listener);
    let proxy = Proxy::start(ProxySettings::to(&url)).unwrap();
    let answer = Peer::connect(&proxy.url()).ask("GET /lake/k", &[]);
    assert_eq!(answer.status(), 502);
    assert!(answer.text().contains(&url), "{}", answer.text());
    assert_eq!(proxy.stats().errors[&502], 1);
}

#[test]
fn only_an_address_can_be_an_upstream() {
    for url in
        ["", "127.0.0.1:1", "https://127.0.0.1:1", "http://h", "http://h:1/b", "http://u@h:1"]
    {
        assert!(Proxy::start(ProxySettings::to(url)).is_err(), "{url}");
    }
    assert!(Proxy::start(ProxySettings::to("http://127.0.0.1:1/")).is_ok());
}

#[test]
fn a_dropped_proxy_is_gone_with_all_its_connections() {
    let (_bucket, proxy, mut client) = before_bucket();
    client.ask("HEAD /lake/k", &[]);
    let (port, control) = (proxy.port(), proxy.control_port());
    drop(proxy);
    assert_eq!(client.rest(), b"");
    for port in [port, control] {
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
