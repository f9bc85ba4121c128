//! YARN's layout: an application's folders go with it, the user's cache beside them stays.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

use forebay_cache::Inspection;
use forebay_stress::child::Orders;
use forebay_stress::report::number;
use forebay_stress::set::{self, Sizes};
use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value};

/// A container of `application` reads every object, as YARN starts it, and is gone with its folders.
fn run_application(application: u64, users: &[&Path], orders: &Orders) -> Map<String, Value> {
    let folder = format!("appcache/application_1700000000000_{application:04}");
    let dirs: Vec<_> = users.iter().map(|user| user.join(&folder)).collect();
    dirs.iter().for_each(|dir| fs::create_dir_all(dir).unwrap());
    let names: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
    let done = Command::new(env!("CARGO_BIN_EXE_forebay-stress"))
        .args(["child", &orders.encode()])
        .env("CONTAINER_ID", format!("container_1700000000000_{application:04}_01_000002"))
        .env("LOCAL_DIRS", names.join(","))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    dirs.iter().for_each(|dir| fs::remove_dir_all(dir).unwrap());
    let told = String::from_utf8(done.stdout).unwrap();
    serde_json::from_str(told.lines().last().unwrap()).unwrap()
}

#[test]
fn a_second_application_is_warm_and_nobody_configured_a_place() {
    let scratch = forebay_stress::scratch().unwrap();
    let bucket = Bucket::start().unwrap();
    let list = scratch.path().join("list.json");
    set::store(&bucket, 18, Sizes::Small, 2 << 20, &list).unwrap();
    let users = ["d2", "d1"].map(|disk| scratch.path().join(disk).join("usercache/ann"));
    let orders = Orders {
        list,
        url: bucket.url(),
        content_seed: 18,
        threads: 2,
        scan: true,
        config: [("fs.forebay.cache.dirs".to_owned(), String::new())].into(),
        ..Orders::default()
    };
    for application in 1..=2 {
        // YARN names its disks in any order.
        let users =
            if application == 1 { [&*users[0], &*users[1]] } else { [&*users[1], &*users[0]] };
        let told = run_application(application, &users, &orders);
        assert_eq!((number(&told, "wrong_bytes"), number(&told, "unexplained_errors")), (0, 0));
        let fetched = bucket.requests().get;
        assert_eq!(
            fetched > 0,
            application == 1,
            "application {application} fetched {fetched} times"
        );
        bucket.forget();
    }
    let cache = Inspection::open(&users[1].join("forebay")).unwrap();
    assert_eq!(cache.budget().unwrap().unwrap().budget, orders.budget);
}
