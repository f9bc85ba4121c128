#!/usr/bin/env bash
# Proves `make demo` and `make test` on a fresh machine: a debootstrap chroot that holds what the README
# asks for (git, a C compiler, a JDK 17, Python 3, make and this machine's Rust toolchain) and nothing
# else, with an empty HOME and CARGO_HOME, and a clone of the current commit.
#
#   FRESH_STEPS="demo test"   make targets to run, in order
#   FRESH_SUITE=bookworm      Debian release of the chroot
#   FRESH_KEEP=1              keeps the chroot, and says where, to look into it
#
# Everything runs in mount and PID namespaces of its own: mounts vanish and processes end with it, however
# it ends. How this machine reaches package registries (resolver, CA certificates, apt, pip, cargo, Maven,
# Gradle, npm and Go settings, proxy variables) is copied in as it is.
set -euo pipefail

steps=${FRESH_STEPS:-demo test}
suite=${FRESH_SUITE:-bookworm}
packages="git gcc libc6-dev openjdk-17-jdk-headless python3 make ca-certificates"
clone=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${FOREBAY_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/forebay}/fresh
logs=$clone/target/fresh
home=/home/fresh
root=
inside=

if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "make fresh needs root or sudo" >&2; exit 1; }
    exec sudo --preserve-env env PATH="$PATH" HOME="$HOME" "${BASH_SOURCE[0]}" "$@"
fi

main() {
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    trap clean_up EXIT
    for tool in debootstrap unshare setpriv; do
        command -v $tool >/dev/null || install_tool $tool
    done
    git -C "$clone" rev-parse --quiet --verify HEAD >/dev/null || fail "there is no commit to clone yet"
    [ -z "$(git -C "$clone" status --porcelain)" ] || echo "  note: uncommitted changes are not part of the clone"
    mkdir -p "$cache" "$logs"
    root=$(mktemp -d "${TMPDIR:-/var/tmp}/forebay-fresh.XXXXXX")
    chmod 755 "$root" # mktemp makes it private, and apt fetches as a user of its own
    : >"$logs/steps.txt"

    measured base base_system
    measured clone clone_and_toolchain
    for target in $steps; do
        measured "make $target" in_chroot "cd forebay && make $target"
    done

    echo
    printf '  %-12s %8s %12s %12s\n' step minutes 'MB received' 'MB on disk'
    cat "$logs/steps.txt"
    echo "  fresh: all of it passed (logs in $logs)"
}

fail() {
    echo "fresh: $*" >&2
    exit 1
}

install_tool() {
    local package=util-linux
    [ "$1" != debootstrap ] || package=debootstrap
    echo "  installing $package by apt-get"
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $package >/dev/null
}

# Ends what runs inside, then removes the chroot. Its mounts live in another namespace, so nothing of this
# machine is below it here; --one-file-system is a second guard.
clean_up() {
    local code=$?
    trap '' INT TERM HUP
    if [ -n "$inside" ]; then
        kill -KILL "$inside" 2>/dev/null || true
        wait "$inside" 2>/dev/null || true
    fi
    if [ -n "$root" ]; then
        if [ -n "${FRESH_KEEP:-}" ]; then
            echo "  the chroot was kept: $root"
        else
            rm -rf --one-file-system "$root"
        fi
    fi
    exit $code
}

# measured NAME COMMAND...: runs a step, shows and logs what it prints, notes its minutes and megabytes.
measured() {
    local name=$1 log began received disk
    shift
    log=$logs/${name// /-}.log
    began=$(date +%s)
    received=$(megabytes_received)
    disk=$(megabytes_on_disk)
    echo "== $name =="
    # In the background and waited for, so that a signal is acted upon at once.
    "$@" > >(tee "$log") 2>&1 &
    inside=$!
    if ! wait "$inside"; then
        inside=
        fail "$name failed after $((($(date +%s) - began) / 60)) minutes: see $log"
    fi
    inside=
    printf '  %-12s %8s %12s %12s\n' "$name" "$(awk "BEGIN { printf \"%.1f\", ($(date +%s) - $began) / 60 }")" \
        $(($(megabytes_received) - received)) $(($(megabytes_on_disk) - disk)) | tee -a "$logs/steps.txt"
}

# All interfaces but loopback: other downloads of this machine count too.
megabytes_received() {
    awk -F: 'NR > 2 && $1 !~ /^ *lo$/ { split($2, n, " "); sum += n[1] } END { printf "%d", sum / 1e6 }' /proc/net/dev
}

megabytes_on_disk() {
    du -sxm "$root" | cut -f1
}

# isolated COMMAND...: mounts of its own, processes of its own, killed with this script.
isolated() {
    exec setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child=KILL --mount-proc "$@"
}

base_system() {
    local base
    base=$cache/base-$suite-$(settings_hash).tar
    if [ ! -f "$base" ]; then
        echo "  making a base system (debootstrap $suite, then: $packages)"
        (isolated debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"}) >"$logs/debootstrap.log" ||
            { tail -20 "$logs/debootstrap.log"; return 1; }
        copy_system_settings
        in_chroot "apt-get -q update && apt-get -q install -y --no-install-recommends $packages &&
            update-ca-certificates && apt-get clean && rm -rf /var/lib/apt/lists/*" >"$logs/packages.log" ||
            { tail -20 "$logs/packages.log"; return 1; }
        rm -f "$cache"/base-"$suite"-*.tar
        tar -C "$root" -cf "$base.new" .
        mv "$base.new" "$base"
    else
        echo "  unpacking $base"
        tar -C "$root" -xf "$base"
        copy_system_settings
    fi
}

# What the base system depends on, so that another one is made when this changes.
settings_hash() {
    { echo "$suite $packages $mirror"; apt_settings; cat /usr/local/share/ca-certificates/*.crt 2>/dev/null || true; } |
        sha256sum | cut -c1-12
}

apt_settings() {
    apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-|ForceIPv)' || true
}

# The URI of this machine's own Debian sources, if it is of the same release; else debootstrap's default.
host_mirror() {
    [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = "$suite" ] || return 0
    { cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true; } |
        sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb *\(\[[^]]*\] *\)\?\([^ ]*\) .*/\2/p' | head -1
}

copy_system_settings() {
    local file
    apt_settings >"$root/etc/apt/apt.conf.d/99host"
    if [ -n "$mirror" ]; then
        for file in sources.list sources.list.d/debian.sources; do
            [ ! -e "/etc/apt/$file" ] || cp -L "/etc/apt/$file" "$root/etc/apt/$file"
        done
        [ -e /etc/apt/sources.list ] || rm -f "$root/etc/apt/sources.list"
    fi
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp -L /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
        [ ! -e $file ] || cp -L --remove-destination $file "$root$file"
    done
}

clone_and_toolchain() {
    local sysroot file
    mkdir -p "$root$home"
    git clone --quiet "$clone" "$root$home/forebay"
    echo "  cloned $(git -C "$root$home/forebay" log -1 --format='%h %s')"
    sysroot=$(cd "$clone" && rustc --print sysroot)
    mkdir -p "$root/opt/rust"
    cp -a "$sysroot/bin" "$sysroot/lib" "$root/opt/rust/"
    echo "  Rust toolchain: $("$root/opt/rust/bin/rustc" --version)"
    # A user's settings for registries, never caches.
    for file in .config/pip/pip.conf .pip/pip.conf .cargo/config.toml .cargo/config .m2/settings.xml \
                .gradle/gradle.properties .gradle/init.gradle .gradle/init.d .npmrc .config/go/env; do
        [ -e "$HOME/$file" ] || continue
        mkdir -p "$(dirname "$root$home/$file")"
        cp -aL "$HOME/$file" "$root$home/$file"
    done
}

# Variables that say how to reach the network, and no others.
network_variables() {
    env -0 | while IFS= read -r -d '' line; do
        case ${line%%=*} in
            http_proxy | https_proxy | no_proxy | all_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY) ;;
            PIP_* | CARGO_HTTP_* | CARGO_NET_* | CARGO_REGISTRIES_* | CARGO_SOURCE_* | GRADLE_OPTS | MAVEN_OPTS) ;;
            NPM_CONFIG_* | npm_config_* | GOPROXY | GONOSUMDB | GOSUMDB) ;;
            SSL_CERT_FILE | SSL_CERT_DIR | CURL_CA_BUNDLE | REQUESTS_CA_BUNDLE | GIT_SSL_CAINFO) ;;
            *) continue ;;
        esac
        printf '%s\0' "$line"
    done
}

in_chroot() {
    local variables=()
    mapfile -d '' -t variables < <(network_variables)
    (isolated bash -c '
        set -e
        root=$1
        shift
        # A root that is a mount, so that tests inside may unshare mounts of their own.
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /sys "$root/sys"
        mount --rbind /dev "$root/dev"
        chroot "$root" "$@"
        # Only this shell, what looks, and nothing else may be left in the namespace.
        for process in "$root"/proc/[0-9]*; do
            [ "${process##*/}" -le 1 ] || { echo "left running: $(tr "\0" " " <"$process/cmdline")"; left=1; }
        done 2>/dev/null
        exit ${left:-0}
    ' isolated "$root" env -i "${variables[@]}" HOME=$home LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SF="${SF:-0.1}" \
        bash -c "mkdir -p $home && cd $home && $1")
}

mirror=$(host_mirror)
main
