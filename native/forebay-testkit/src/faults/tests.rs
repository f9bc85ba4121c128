use std::time::Duration;

use super::{Faults, OriginFault};
use crate::content;
use crate::origin::Bucket;
use crate::proxy::{Proxy, ProxySettings};
use crate::raw_http::Peer;

const HANG: Duration = Duration::from_millis(50);

fn always(kind: OriginFault) -> Faults {
    Faults::new(7, &[(kind, 1_000_000)], "", HANG)
}

/// What the answer to a GET of bytes 100-199 looks like on the wire, to the connection's end; the time
/// of day left out.
fn seen(url: &str) -> Vec<u8> {
    let mut peer = Peer::connect(url);
    peer.write(
        "GET /lake/k HTTP/1.1\r\nHost: h\r\nRange: bytes=100-199\r\nConnection: close\r\n\r\n",
    );
    let answer = peer.rest();
    let lines = answer.split_inclusive(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.to_ascii_lowercase().starts_with(b"date:"))
        .flatten()
        .copied()
        .collect()
}

#[test]
fn every_kind_can_be_told_from_a_good_answer_at_the_bucket_and_at_the_proxy() {
    let bucket = Bucket::start().unwrap();
    bucket.put("k", content::bytes(1, "k", 1, 0, 1000));
    let proxy = Proxy::start(ProxySettings::to(bucket.url())).unwrap();
    let good = seen(&bucket.url());
    assert!(good.len() > 200);
    let passed = seen(&proxy.url());
    for kind in OriginFault::ALL {
        // These come in time, but late.
        let late = matches!(kind, OriginFault::Stall | OriginFault::HungFirstByte);
        bucket.set_faults(Some(always(*kind)));
        let spoiled = seen(&bucket.url());
        assert_eq!(spoiled == good, late, "{kind:?} {}", String::from_utf8_lossy(&spoiled));
        assert!(bucket.injected()[kind.name()] > 0);
        bucket.set_faults(None);
        proxy.set_faults(Some(always(*kind)));
        let spoiled = seen(&proxy.url());
        assert_eq!(spoiled == passed, late, "{kind:?} {}", String::from_utf8_lossy(&spoiled));
        assert!(proxy.injected()[kind.name()] > 0);
        proxy.set_faults(None);
    }
    assert_eq!(seen(&proxy.url()), passed, "and nothing stays behind");
}

#[test]
fn faults_repeat_with_their_seed_and_keep_to_their_keys() {
    let draw = |seed| {
        let chances = [(OriginFault::Reset, 100_000), (OriginFault::Absent, 50_000)];
        let faults = Faults::new(seed, &chances, "rough/", HANG);
        let drawn: Vec<_> = (0..2000).map(|_| faults.pick("rough/k")).collect();
        assert!(faults.pick("calm/k").is_none());
        (drawn, faults.injected()["reset"], faults.injected()["404"])
    };
    let (first, resets, absents) = draw(3);
    assert_eq!(first, draw(3).0);
    assert_ne!(first, draw(4).0);
    assert!((120..280).contains(&resets) && (50..150).contains(&absents), "{resets} {absents}");
    assert_eq!(OriginFault::named("503"), Some(OriginFault::SlowDown));
}
