"""Where things lie, and in which versions.

Two places hold everything that the demo makes. The *user cache folder* (outside the clone, so that a
new clone starts warm) holds what is slow to fetch or to make: Spark, jars, TPC-H files, the S3 server's
data and cargo's target folder. `target/demo` in the clone holds what a run leaves: logs, Forebay's cache
directory and the report. Deleting either is safe: `make setup` and `make demo` make them again.
"""
from __future__ import annotations

import os
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
DEMO = CLONE / "demo"
TARGET = CLONE / "target"

SPARK = "3.5.9"
SEAWEEDFS = "4.48"
TPCHGEN = "4.0.0"
HADOOP_AWS = "3.3.4"
ZIG = "0.17.1"
ZIGBUILD = "0.24.0"
CARGO_DENY = "0.20.2"
CARGO_FUZZ = "0.13.2"
AZURITE = "3.37.0"
FAKE_GCS_SERVER = "1.56.1"
NODE = "24.19.0"
GO = "1.27.3"
AWS_SDK = "com.amazonaws:aws-java-sdk-bundle:1.12.262"

TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
BUCKET = "forebay-demo"


def user_cache() -> Path:
    """`$FOREBAY_HOME`, else `forebay` in the user's cache folder."""
    explicit = os.environ.get("FOREBAY_HOME")
    if explicit:
        return Path(explicit).resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "forebay"


def scale(text: str) -> str:
    """The one spelling of a scale factor: `1`, `0.1`, `0.01`."""
    value = float(text)
    if not 0.001 <= value <= 100:
        raise ValueError(f"scale factor {text} is outside 0.001 .. 100")
    return f"{value:g}"


def venv() -> Path:
    return user_cache() / f"py-pyspark-{SPARK}"


def jars() -> Path:
    return user_cache() / "jars" / f"hadoop-aws-{HADOOP_AWS}"


def cargo_deny() -> Path:
    return user_cache() / f"cargo-deny-{CARGO_DENY}"


def store_tools() -> Path:
    return user_cache() / f"py-stores-{NODE}-{GO}"


def azurite() -> Path:
    return user_cache() / f"azurite-{AZURITE}-node-{NODE}"


def fake_gcs_server() -> Path:
    return user_cache() / f"fake-gcs-server-{FAKE_GCS_SERVER}"


def cargo_fuzz() -> Path:
    return user_cache() / f"cargo-fuzz-{CARGO_FUZZ}"


def data(scale_factor: str) -> Path:
    return user_cache() / "data" / f"tpch-sf{scale(scale_factor)}"


def store(scale_factor: str) -> Path:
    """The S3 server's own files, with the bucket already loaded after the first demo."""
    return user_cache() / "store" / f"tpch-sf{scale(scale_factor)}"


def cargo_target() -> Path:
    explicit = os.environ.get("CARGO_TARGET_DIR")
    return Path(explicit).resolve() if explicit else user_cache() / "target"
