//! The rot sweep, short.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use forebay_stress::report::number;
use forebay_stress::rot::{self, Rot};

#[test]
fn rot_is_detected_and_costs_no_wrong_byte() {
    let report = rot::run(&Rot { seed: 21, flips: 200, every: 1009 }).unwrap();
    for name in ["wrong_bytes", "unexplained_errors", "undetected"] {
        assert_eq!(number(&report, name), 0, "{name}: {report:#?}");
    }
    assert!(number(&report, "reads") > 500);
}
