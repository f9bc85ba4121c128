#!/usr/bin/env bash
# An EMR bootstrap action: puts Forebay's jar where Spark, Hive and Tez look for jars, and a place for its cache on
# every instance-store disk. Runs on each node before EMR installs applications, so folders may not be there yet.
#
#   bootstrap.sh s3://bucket/forebay-0.1.0.jar [SHA256]
#
# Every user that runs jobs (hadoop, yarn, hive, livy) makes a cache of its own below the place; which is why the
# place is sticky and open like /tmp, and the configuration names ${user.name} below it.
set -euo pipefail

source=${1:?usage: bootstrap.sh s3://bucket/forebay.jar [SHA256]}
sum=${2:-}
root=${FOREBAY_ROOT:-}        # a scratch root, for tests
as_root() { if [ "$(id -u)" = 0 ] || [ -n "$root" ]; then "$@"; else sudo "$@"; fi; }

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
case $source in
    s3://*) aws s3 cp --only-show-errors "$source" "$fresh" ;;
    https://*) curl -fsSL "$source" -o "$fresh" ;;
    *) cp "$source" "$fresh" ;;
esac
if [ -n "$sum" ]; then
    echo "$sum  $fresh" | sha256sum --check --status || { echo "forebay: $source is not the jar with SHA-256 $sum" >&2; exit 1; }
fi

for folder in /usr/lib/spark/jars /usr/lib/hadoop/lib /usr/lib/tez/lib; do
    as_root install -d -m 755 "$root$folder"
    as_root install -m 644 "$fresh" "$root$folder/forebay.jar"
done

# EMR mounts instance stores (and EBS volumes beyond the root's) at /mnt, /mnt1, /mnt2 ...
places=()
for mount in "$root"/mnt "$root"/mnt[0-9] "$root"/mnt[0-9][0-9]; do
    if [ -d "$mount" ]; then
        as_root install -d -m 1777 "$mount/forebay"
        places+=("${mount#"$root"}/forebay")
    fi
done
echo "forebay: jar in Spark, Hadoop and Tez; cache below ${places[*]:-nothing, since there is no /mnt}"
