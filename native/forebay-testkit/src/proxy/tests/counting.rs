//! Counts are exact the moment a client holds its answer.

use std::sync::Barrier;

use serde_json::json;

use super::*;

#[test]
fn every_class_status_and_byte_is_counted() {
    let (bucket, proxy, mut peer) = before_bucket();
    let etag = bucket.put("t/part-0", vec![1; 1000]);
    bucket.put("t/_SUCCESS", "ok");

    peer.ask("GET /lake/t/part-0", &[("Range", "bytes=0-99")]);
    peer.ask("GET /lake/t/part-0", &[("Range", "bytes=50-149")]);
    peer.ask("GET /lake/t/part-0", &[("Range", "bytes=-10")]);
    peer.ask("GET /lake/t/_SUCCESS", &[]);
    peer.ask("GET /lake/t/part-0", &[("If-None-Match", &etag)]);
    let refused = peer.ask("GET /lake/t/part-0", &[("If-Match", "\"x\"")]);
    peer.ask("HEAD /lake/t/part-0", &[]);
    peer.ask("HEAD /lake/nowhere", &[]);
    let listing = peer.ask("GET /lake?list-type=2&prefix=t/", &[]);
    let location = peer.ask("GET /lake/", &[]);
    peer.ask_with("PUT /lake/w", &[], Some(&[2; 77]));
    peer.ask_with("POST /lake/w?uploads", &[], Some(b""));
    peer.ask("DELETE /lake/w", &[]);
    let tagging = peer.ask("GET /lake/t/part-0?tagging", &[]);

    let (status, stats) = control(&proxy, "GET /stats?ranges=1", None);
    assert_eq!(status, 200);
    let classes = json!({
        "GET": 4, "GET304": 1, "GET_FAILED": 1, "HEAD": 2, "LIST": 2,
        "PUT": 1, "POST": 1, "DELETE": 1, "OTHER": 1,
    });
    assert_eq!(stats["requests"], classes);
    assert_eq!(stats["errors"], json!({ "400": 1, "404": 1, "412": 1, "501": 2 }));
    assert_eq!(stats["bytes"]["get"], 212);
    assert_eq!(stats["bytes"]["list"], listing.body.len() + location.body.len());
    let least = refused.body.len() + tagging.body.len();
    assert!(stats["bytes"]["other"].as_u64().unwrap() > least as u64);
    assert_eq!(stats["bytes"]["request"], 77);
    let data = json!({ "gets": 3, "bytes": 210, "union_bytes": 160, "objects": 1 });
    assert_eq!(stats["data"], data);
    assert_eq!(stats["union_bytes"], 162);
    assert_eq!(
        stats["objects"]["lake/t/part-0"],
        json!({
            "data": true, "gets": 3, "ranges": [[0, 150], [990, 1000]],
        })
    );
    assert_eq!(stats["objects"]["lake/t/_SUCCESS"]["ranges"], json!([[0, 2]]));
    assert_eq!((&stats["in_flight"], &stats["max_in_flight"]), (&json!(0), &json!(1)));
    assert_eq!((&stats["unanswered"], &stats["cut_short"]), (&json!(0), &json!(0)));
    assert!(stats["busy_seconds"].as_f64() <= stats["seconds"].as_f64());
    assert!(control(&proxy, "GET /stats", None).1.get("objects").is_none());
}

#[test]
fn the_upstreams_own_count_is_the_same() {
    let (bucket, proxy, mut peer) = before_bucket();
    bucket.put("k", vec![0; 5000]);
    for end in 0..50 {
        peer.ask("GET /lake/k", &[("Range", &format!("bytes=0-{}", end * 100))]);
        peer.ask("HEAD /lake/k", &[]);
    }
    let (seen, counted) = (bucket.requests(), proxy.stats());
    assert_eq!((seen.get, seen.head), (counted.count(Class::Get), counted.count(Class::Head)));
    assert_eq!(seen.get_bytes, counted.get_bytes);
}

#[test]
fn passes_begin_at_nothing_and_nothing_is_lost_between_them() {
    let (bucket, proxy, mut peer) = before_bucket();
    bucket.put("k", "12345");
    control(&proxy, "POST /reset?pass=cold%20run", None);
    peer.ask("GET /lake/k", &[]);
    let (_, cold) = control(&proxy, "POST /reset?pass=warm&ranges=1", None);
    assert_eq!((&cold["pass"], &cold["bytes"]["get"]), (&json!("cold run"), &json!(5)));
    assert_eq!(cold["objects"]["lake/k"]["ranges"], json!([[0, 5]]));
    let warm = proxy.stats();
    assert_eq!((warm.pass.as_str(), warm.get_bytes, warm.objects.len()), ("warm", 0, 0));
    peer.ask("HEAD /lake/k", &[]);
    let warm = proxy.reset();
    assert_eq!((warm.count(Class::Get), warm.count(Class::Head)), (0, 1));
    assert_eq!(proxy.stats().pass, "");
}

#[test]
fn a_request_across_a_reset_is_in_flight_in_both_passes() {
    let (send, receive) = std::sync::mpsc::channel::<()>();
    let (proxy, upstream) = before(move |listener| {
        let mut peer = Peer::accept(&listener);
        peer.head();
        receive.recv().unwrap();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
    });
    let mut client = Peer::connect(&proxy.url());
    client.write("GET /lake/k HTTP/1.1\r\nHost: h\r\n\r\n");
    eventually("the request is in flight", || proxy.stats().in_flight == 1);
    let first = proxy.begin("second");
    assert_eq!((first.in_flight, first.count(Class::Get)), (1, 0));
    assert!(first.busy > std::time::Duration::ZERO);
    send.send(()).unwrap();
    assert_eq!(client.message(false).text(), "abc");
    upstream.join().unwrap();
    let second = proxy.stats();
    assert_eq!((second.in_flight, second.max_in_flight), (0, 1));
    assert_eq!((second.count(Class::Get), second.get_bytes), (1, 3));
    assert!(second.busy > std::time::Duration::ZERO && second.busy <= second.wall);
}

#[test]
fn the_highest_concurrency_is_counted() {
    const CLIENTS: usize = 6;
    let (listener, url) = listen();
    let upstream = std::thread::spawn(move || {
        let barrier = Barrier::new(CLIENTS);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let mut peer = Peer::accept(&listener);
                let barrier = &barrier;
                scope.spawn(move || {
                    peer.head();
                    barrier.wait();
                    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
                });
            }
        });
    });
    let proxy = Proxy::start(ProxySettings::to(url)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| Peer::connect(&proxy.url()).ask("GET /lake/k", &[]));
        }
    });
    upstream.join().unwrap();
    let stats = proxy.stats();
    assert_eq!((stats.max_in_flight, stats.in_flight), (CLIENTS as u64, 0));
    assert_eq!(stats.get_bytes, CLIENTS as u64);
}

#[test]
fn which_keys_are_table_data_can_be_said() {
    let parquet = DataKeys {
        prefixes: vec!["t/".to_owned()],
        suffixes: vec![".parquet".to_owned(), ".orc".to_owned()],
        hidden: false,
    };
    let holds = |keys: &DataKeys| {
        ["t/a.parquet", "t/x/b.orc", "u/a.parquet", "t/a.crc", "t/_a.parquet", "t/.b.orc"]
            .map(|key| keys.holds(key))
    };
    assert_eq!(holds(&DataKeys::default()), [true, true, true, true, false, false]);
    assert_eq!(holds(&parquet), [true, true, false, false, false, false]);
    let hidden = DataKeys { hidden: true, ..parquet };
    assert_eq!(holds(&hidden), [true, true, false, false, true, true]);
    assert!(DataKeys::default().holds("_delta_log/0.json"), "only the last segment counts");
}

#[test]
fn the_log_says_what_was_asked_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("requests.log");
    let bucket = Bucket::start().unwrap();
    bucket.put("k", "12345");
    let settings = ProxySettings { log: Some(log.clone()), ..ProxySettings::to(bucket.url()) };
    let proxy = Proxy::start(settings).unwrap();
    let mut peer = Peer::connect(&proxy.url());
    let secret =
        [("Authorization", "SECRET"), ("x-amz-security-token", "SECRET"), ("Range", "bytes=1-2")];
    let presigned = "X-Amz-Signature=SECRET&X-Amz-Credential=SECRET&x-id=GetObject";
    peer.ask(&format!("GET /lake/k?{presigned}&X%2DAmz%2DSecurity%2DToken=SECRET"), &secret);
    peer.ask_with("PUT /lake/w", &secret, Some(b"SECRET BODY"));
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains("SECRET"), "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["method"], &lines[0]["status"]), (&json!("GET"), &json!(206)));
    assert_eq!((&lines[0]["range"], &lines[0]["bytes"]), (&json!("bytes=1-2"), &json!(2)));
    assert!(
        lines[0]["path"].as_str().unwrap().ends_with("x-id=GetObject&X%2DAmz%2DSecurity%2DToken")
    );
    assert_eq!((&lines[1]["received"], &lines[1]["complete"]), (&json!(11), &json!(true)));
}

#[test]
fn the_control_port_answers_what_it_knows() {
    let (_bucket, proxy, _peer) = before_bucket();
    assert_eq!(control(&proxy, "GET /healthz", None).0, 200);
    assert_eq!(control(&proxy, "GET /nothing", None).0, 404);
    assert_eq!(control(&proxy, "POST /shape", Some("{\"mb\":1}")).0, 400);
    let (status, shape) = control(&proxy, "POST /shape", Some("{\"shape\":\"cloud\"}"));
    assert_eq!((status, &shape["mb_per_s"]), (200, &json!(90)));
    assert_eq!(control(&proxy, "GET /shape", None).1, Shape::cloud_store().to_json());
    let mut peer = Peer::connect(&proxy.control_url());
    let answer = peer.ask("POST /quit", &[]);
    assert_eq!((answer.status(), answer.header("connection")), (200, Some("close")));
    proxy.wait_for_quit();
}
