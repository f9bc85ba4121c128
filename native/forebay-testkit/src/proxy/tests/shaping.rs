//! Time, measured: never shorter than the shape says, whatever the machine; and, relative to other
//! runs of the same test, not much longer. The arithmetic is tested in `pace.rs` without a clock.

use std::time::{Duration, Instant};

use super::*;

const BODY: usize = 8 << 20;
const MB: u64 = 1_000_000;

/// How long `bodies` downloads take, each over a connection of its own, all at once.
fn download(proxy: &Proxy, bodies: usize) -> Duration {
    let mut peers: Vec<Peer> = (0..bodies).map(|_| Peer::connect(&proxy.url())).collect();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for peer in &mut peers {
            scope.spawn(|| assert_eq!(peer.ask("GET /lake/big", &[]).body.len(), BODY));
        }
    });
    begun.elapsed()
}

/// The best of several runs: other work on the machine only ever adds time.
fn best(proxy: &Proxy, shape: &Shape, bodies: usize) -> Duration {
    proxy.set_shape(shape.clone());
    (0..5).map(|_| download(proxy, bodies)).min().unwrap()
}

fn ideal(bytes: usize, rate: u64) -> Duration {
    Duration::from_nanos(bytes as u64 * 1_000_000_000 / rate)
}

#[test]
fn bodies_flow_at_the_bandwidth_of_the_shape() {
    let (bucket, proxy, _peer) = before_bucket();
    bucket.put("big", vec![7; BODY]);
    let unshaped = best(&proxy, &Shape::default(), 1);
    let one = |rate| Shape { per_connection: Some(rate), ..Shape::default() };
    let all = |rate| Shape { total: Some(rate), ..Shape::default() };

    let (slow, fast) = (best(&proxy, &one(30 * MB), 1), best(&proxy, &one(90 * MB), 1));
    let two = best(&proxy, &all(60 * MB), 2);
    eprintln!(
        "8 MiB: unshaped {unshaped:?}, 30 MB/s {slow:?}, 90 MB/s {fast:?}; two at 60: {two:?}"
    );
    for (took, ideal) in [
        (slow, ideal(BODY, 30 * MB)),
        (fast, ideal(BODY, 90 * MB)),
        (two, ideal(2 * BODY, 60 * MB)),
    ] {
        assert!(took * 100 >= ideal * 97, "{took:?} is faster than {ideal:?}");
        assert!(took <= ideal + ideal / 5 + unshaped, "{took:?} is much slower than {ideal:?}");
    }
    let ratio = slow.as_secs_f64() / fast.as_secs_f64();
    assert!((2.4..3.6).contains(&ratio), "30 and 90 MB/s differ {ratio} times");
}

#[test]
fn connections_do_not_share_their_own_bandwidth() {
    let (bucket, proxy, _peer) = before_bucket();
    bucket.put("big", vec![7; BODY]);
    let shape = Shape { per_connection: Some(40 * MB), ..Shape::default() };
    let (one, three) = (best(&proxy, &shape, 1), best(&proxy, &shape, 3));
    assert!(three < one * 2, "three at once took {three:?}, one {one:?}");
}

#[test]
fn answers_begin_when_the_shape_says() {
    let (bucket, proxy, mut peer) = before_bucket();
    bucket.put("k", "12345");
    let ms = Duration::from_millis;
    let shape = Shape { first_byte: ms(60), head: ms(40), write: ms(50), ..Shape::default() };
    proxy.set_shape(shape);
    let mut time = |line: &str, body: Option<&[u8]>| {
        let begun = Instant::now();
        peer.ask_with(line, &[], body);
        begun.elapsed()
    };
    for (line, body, least) in [
        ("GET /lake/k", None, 60),
        ("HEAD /lake/k", None, 40),
        ("GET /lake?list-type=2", None, 40),
        ("PUT /lake/w", Some(&b"x"[..]), 50),
        ("POST /lake/w?uploads", Some(b""), 50),
        ("DELETE /lake/w", None, 50),
    ] {
        let took = time(line, body);
        assert!(took >= ms(least), "{line} took {took:?}");
    }
    proxy.set_shape(Shape::default());
    let mut best = |_| (0..20).map(|_| time("GET /lake/k", None)).min();
    assert!(best(()).unwrap() < ms(40), "no shape, no delay");
}

#[test]
fn a_slow_upstream_is_not_delayed_further() {
    let (proxy, upstream) = before(|listener| {
        let mut peer = Peer::accept(&listener);
        let mut took = Vec::new();
        for pause in [0, 100] {
            peer.head();
            let begun = Instant::now();
            std::thread::sleep(Duration::from_millis(pause));
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            took.push(begun.elapsed());
        }
        took
    });
    proxy.set_shape(Shape { first_byte: Duration::from_millis(100), ..Shape::default() });
    let mut client = Peer::connect(&proxy.url());
    let took = [(); 2].map(|()| {
        let begun = Instant::now();
        client.ask("GET /lake/k", &[]);
        begun.elapsed()
    });
    let upstream = upstream.join().unwrap();
    assert!(took[0] >= Duration::from_millis(100));
    // Were the shape's time added to the upstream's, the second answer would take twice as long.
    assert!(took[1] < upstream[1] + took[0] / 2, "{took:?}, upstream {upstream:?}");
}
