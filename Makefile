# Everything a person types. `make` alone lists the targets.
#
#   SF=0.1             TPC-H scale factor of the demo
#   SPARK=3.5          the Spark of the demo: 3.5, 3.5-hadoop3.4 (Spark 3.5 over Hadoop 3.4.1), or 4.1
#   ORIGIN=            direct or delegate; empty lets Forebay choose
#   HIVE=              4.0.1 or 3.1.3: has `make demo` go on with Hive; `make demo-hive` takes 4.0.1, `make test-hive` both
#   WARMUP=1           0 leaves out the JVM warm-up of the demo's applications
#   PASSES=            the demo's passes, comma-separated; empty runs all (file is a further one)
#   SUITES=            the test suites to run; empty runs all
#   SAVE=, SEED=       of the benchmarks and `make contract`: 1 keeps the figures; where reads fall
#   HADOOP=, JDK=      versions for `make contract`; empty: all Hadoops it knows, on Java 17
#   ENGINE=, WORKLOAD= a part of `make engines`; ORIGIN= too. ROUNDS=200, SEED= of `make test-tables`
#   SECONDS=60         how long `make stress-jni` misuses each origin, and each run of `make soak` takes
#   RUNS=              the runs of `make soak`; empty: all
#   TARGET=, MINUTES=  what `make fuzz` reads hostile bytes with, and for how long; no TARGET lists them. SEED=, SAVE= too,
#                      and INPUT=, a file to read once
#   FRESH_STEPS=       what `make fresh` proves in its chroot: "demo test"
#   FOREBAY_JAR=       a jar to test or to run the demo with, such as target/dist's; empty builds the clone's
#   FOREBAY_HOME=      the user cache folder; default $XDG_CACHE_HOME/forebay or ~/.cache/forebay

SHELL := /bin/bash
.DEFAULT_GOAL := help

SF ?= 0.1
SPARK ?= 3.5
ORIGIN ?=
WARMUP ?= 1
PASSES ?=
SUITES ?=
FRESH_STEPS ?= demo test

FOREBAY_HOME ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/forebay
CARGO_TARGET_DIR ?= $(FOREBAY_HOME)/target
export FOREBAY_HOME CARGO_TARGET_DIR

GRADLE := gradle --no-daemon
# What the jar is made of (folders too: a deleted file is a change). Gradle starts in seconds, so it is
# asked only when one of these is newer.
JAR_SOURCES := $(shell find java native -not -path '*/build' -not -path '*/build/*' 2>/dev/null) \
               $(wildcard build.gradle settings.gradle gradle.properties Cargo.toml Cargo.lock rust-toolchain.toml LICENSE NOTICE)

.PHONY: help setup jar demo test test-list fresh bench lint fmt deny clean demo-hive test-hive bench-hotpath bench-memory bench-eviction stress-jni contract engines test-tables test-authorisation schedules dist dist-check newcomer fuzz soak contract-standalone race-create bench-write

help: ## Lists the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Installs what is missing: Gradle, Spark, the S3 server, hadoop-aws, TPC-H data.
	@python3 scripts/setup.py --sf $(SF) --spark $(SPARK)

jar: target/jar.stamp ## Builds the jar that users install (java/forebay-hadoop/build/libs).

target/jar.stamp: $(JAR_SOURCES)
	@python3 scripts/setup.py --only packages --only target
	$(GRADLE) -q assemble
	@mkdir -p target && touch $@

demo: setup ## Runs TPC-H on Spark through stock S3A and through Forebay, side by side.
	@python3 demo/run.py --sf $(SF) --spark $(SPARK) --warmup $(WARMUP) $(if $(ORIGIN),--origin $(ORIGIN)) $(if $(PASSES),--passes $(PASSES)) $(if $(HIVE),--hive $(HIVE))

demo-hive: ## The first day of a Hive user, through stock S3A and Forebay; HIVE=3.1.3 takes the older one.
	@python3 scripts/setup.py --only packages --only target --only spark
	@python3 demo/hive/run.py $(if $(HIVE),--hive $(HIVE)) $(if $(ORIGIN),--origin $(ORIGIN))

test-hive: ## The tests on real Hive, which `make test` leaves out: minutes, and 600 MB of jars for each version.
	@python3 scripts/setup.py --only packages --only target --only spark
	@HIVE=$(HIVE) python3 tests/long/hive_first_day.py

test: ## Runs every test; the last line is "N passed, N failed".
	@python3 scripts/setup.py --sf 0.01
	@python3 scripts/setup.py --only stores
	@python3 tests/run $(SUITES)

test-list: ## Makes the tests of the last complete `make test` the list that later runs are held to.
	@python3 tests/run --write-list

fresh: ## Proves the demo and the tests on a fresh machine: in a debootstrap chroot, from a clone.
	@FRESH_STEPS="$(FRESH_STEPS)" scripts/fresh.sh

bench: ## Measures TPC-H and scans against local files and S3A's streams; CASE=, SPARK=, ROUNDS=3, SAVE=1 keeps; takes up where it ended.
	@python3 scripts/setup.py --sf 1
	@python3 bench/compare.py --rounds $(or $(ROUNDS),3) $(if $(CASE),--case $(CASE)) $(if $(ORIGIN),--origin $(ORIGIN)) \
	  $(if $(filter command environment,$(word 1,$(origin SPARK))),--spark $(SPARK)) $(if $(SAVE),--save)

bench-hotpath: setup jar ## Measures warm reads against bare ones; SAVE=1 keeps the figures in bench/results.
	@python3 bench/hotpath/run.py $(if $(SAVE),--save) $(if $(SEED),--seed $(SEED))

bench-memory: setup ## Measures memory beside the heap against stock S3A; SAVE=1 keeps the figures.
	@python3 bench/memory.py --sf $(SF) $(if $(ORIGIN),--origin $(ORIGIN)) $(if $(SAVE),--save)

bench-eviction: ## Simulates eviction under Zipf and scans against S3-FIFO and LRU, and segments of other lengths.
	@python3 scripts/setup.py --only target
	cargo test --release --package forebay-cache --lib -- tests::scan tests::segments --nocapture

bench-write: setup jar ## Measures a file of 2 GiB written by Forebay alone against stock S3A; MIB=2048, ROUNDS=3, SAVE=1.
	@python3 bench/write/run.py --mib $(or $(MIB),2048) --rounds $(or $(ROUNDS),3) $(if $(SAVE),--save)

stress-jni: setup ## Misuses streams from 32 threads under -Xcheck:jni, SECONDS=60 for each origin.
	@FOREBAY_STRESS_SECONDS=$(or $(SECONDS),60) python3 tests/runner/pyfile.py tests/process/test_misuse.py

contract-standalone: setup ## Hadoop's contract suites, reading and writing, on stock S3A and without hadoop-aws: HADOOP=3.3.6,...
	@python3 tests/contract/standalone.py $(if $(HADOOP),--hadoop $(HADOOP)) $(if $(SUITES),--suites $(SUITES))

race-create: setup ## Two times sixteen writers create one file, ROUNDS=200 times: one wins.
	@FOREBAY_RACE_ROUNDS=$(or $(ROUNDS),200) python3 tests/runner/pyfile.py tests/process/test_create_race.py

newcomer: setup ## Follows the newcomer's steps of docs/deploy and fails if they take more than two minutes.
	@NEWCOMER_SECONDS=120 python3 tests/runner/pyfile.py tests/deploy/test_newcomer.py

soak: ## Proves the cache for minutes: faults, kills, rot, full and sick disks. RUNS=, SECONDS=, SEED=, SAVE=1 keeps.
	@python3 scripts/setup.py --only target
	cargo build --release --package forebay-stress
	@SAVE=$(SAVE) tests/stress/soak.sh $(or $(SECONDS),60) $(or $(SEED),1) "$(RUNS)"

contract: setup ## Hadoop's contract suites for reading: HADOOP=3.3.4,... x JDK=17,25,... x origin, and stock S3A.
	@python3 tests/contract/matrix.py $(if $(HADOOP),--hadoop $(HADOOP)) $(if $(JDK),--java $(JDK)) $(if $(SAVE),--save)

engines: ## Prints the matrix engine x Hadoop x origin x workload against stock S3A; takes up where it ended. SAVE=1 keeps it.
	@python3 tests/writers/matrix.py $(if $(ENGINE),--engine $(ENGINE)) $(if $(ORIGIN),--origin $(ORIGIN)) \
	  $(if $(WORKLOAD),--workload $(WORKLOAD)) $(if $(SAVE),--save)

test-tables: ## Random writes to Delta and Iceberg by one application, reads by another; ROUNDS=200 SEED= SAVE=1.
	@python3 tests/writers/rounds.py --rounds $(or $(ROUNDS),200) $(if $(SEED),--seed $(SEED)) \
	  $(if $(ENGINE),--engine $(ENGINE)) $(if $(ORIGIN),--origin $(ORIGIN)) $(if $(SAVE),--save)

schedules: ## Lets threads of cache and engine go on in SCHEDULES=10000 orders, and as many by PCT. SEED= begins elsewhere.
	@python3 scripts/setup.py --only target
	FOREBAY_SCHEDULES=$(or $(SCHEDULES),10000) $(if $(SEED),FOREBAY_SEED=$(SEED)) cargo test --release \
	  --package forebay-cache --package forebay-engine --lib \
	  --features forebay-cache/schedules,forebay-engine/schedules schedules:: -- --nocapture

test-authorisation: setup ## Opens warm objects 10,000 times, with each origin, by principals without rights.
	$(GRADLE) :forebay-hadoop:cleanTest :forebay-hadoop:test --tests '*AuthorisationOnS3Test*' -Popens=10000

fuzz: ## Has libFuzzer look for hostile bytes for MINUTES=60 with TARGET=; INPUT= repeats one, SAVE=1 keeps the figures.
	@python3 scripts/setup.py --only target --only fuzz
	@python3 fuzz/run.py $(TARGET) --minutes $(or $(MINUTES),60) $(if $(SEED),--seed $(SEED)) $(if $(INPUT),--input $(INPUT)) $(if $(SAVE),--save)

lint: ## Checks formatting and lints of the Rust code.
	@python3 scripts/setup.py --only target
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	cargo clippy --release --package forebay-cache --package forebay-engine --all-targets \
	  --features forebay-cache/schedules,forebay-engine/schedules -- -D warnings

deny: ## Checks licences, sources and bans of the Rust crates.
	@python3 scripts/setup.py --only deny
	$(FOREBAY_HOME)/cargo-deny-*/bin/cargo-deny check bans licenses sources

dist: ## Builds what people download, into target/dist: jar, sources, POM, bill of materials, checksums.
	@python3 scripts/setup.py --only packages
	@python3 scripts/dist.py

dist-check: ## Builds the release twice, in different folders, and compares every byte.
	@python3 scripts/setup.py --only packages
	@python3 scripts/dist.py --check

fmt: ## Formats the Rust code.
	cargo fmt --all

clean: ## Removes what builds and runs left in the clone; the user cache folder stays.
	rm -rf target build java/*/build .gradle demo/jars/.gradle
