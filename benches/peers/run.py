#!/usr/bin/env python3
"""Lab A by everybody who can build it, in one run: see benches/README.md.

Samples are taken in turns, each in a process, network and mounts of its own; the next one begins when the kernel has taken the last
one's network apart, as `cargo bench --bench network` has it. Nothing of the machine's network is touched.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target"))
BUILT = TARGET / "peers" / "release"
VENV = TARGET / "peers" / "venv"
# The switch of a lab has 1,023 ports. A sample may take as long as this.
LIMIT = 900
SUITE_TESTS = 200

# A network and mounts of its own, in which /run is empty: named namespaces are files below it.
ALONE = ["unshare", "--mount", "--net", "sh", "-c", 'mount -t tmpfs none /run && ip link set lo up && exec "$@"', "sh"]
if os.geteuid() != 0:
    ALONE.insert(1, "--map-root-user")
# Mininet raises limits of the whole machine when it can.
READ_ONLY = ["sh", "-c", 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"', "sh"]

CASES = {2: "lab-a", 16: "bridge-16", 128: "bridge-128", 512: "bridge-512", 1000: "bridge-1000"}


def of_bench(builder):
    return lambda hosts: [str(BUILT / "network"), "sample", builder, CASES[hosts]]


PEERS = {
    "floor": of_bench("floor"),
    "netns-test": of_bench("library"),
    "iproute2": lambda hosts: [*ALONE, str(HERE / "lab-a.sh"), str(hosts)],
    "pyroute2": lambda hosts: [*ALONE, str(VENV / "bin" / "python3"), str(HERE / "pyroute2_lab.py"), str(hosts)],
    "patchbay": lambda hosts: [*ALONE, str(BUILT / "patchbay"), str(hosts)],
    # Debian's own Python, for which its package is.
    "mininet": lambda hosts: [*ALONE, *READ_ONLY, "/usr/bin/python3", str(HERE / "mininet_lab.py"), str(hosts)],
}


class Drain:
    """Waits until the kernel has taken apart what was closed."""

    def __init__(self):
        command = [str(BUILT / "network"), "drain"]
        self.helper = subprocess.Popen(command, env=ours(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def wait(self):
        self.helper.stdin.write(b"?")
        self.helper.stdout.read(1)


def ours():
    return {**os.environ, "NETNS_TEST_ISOLATION": "thread"}


def sample(peer, hosts):
    """Seconds of building, first ping and closing, or why there are none."""
    try:
        run = subprocess.run(PEERS[peer](hosts), env=ours(), capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return f"not within {LIMIT} s"
    except OSError as error:
        return str(error)
    if run.returncode != 0:
        words = run.stderr.strip() or run.stdout.strip() or f"exit {run.returncode}"
        return words.splitlines()[-1]
    return [int(number) / 1e9 for number in run.stdout.split()[-3:]]


def compare(peers, hosts, samples, drain):
    times = {peer: [] for peer in peers}
    for _ in range(samples):
        for peer in peers:
            if isinstance(times[peer], str):
                continue
            drain.wait()
            taken = sample(peer, hosts)
            times[peer] = taken if isinstance(taken, str) else [*times[peer], taken]
    drain.wait()
    return times


def table(hosts, times):
    print(f"\n| {hosts} hosts | build | of the floor | first ping | close |\n|---|---|---|---|---|")
    median = {peer: [statistics.median(part) for part in zip(*took)] for peer, took in times.items() if isinstance(took, list)}
    for peer, took in times.items():
        if isinstance(took, str):
            print(f"| {peer} | {took} | | | |")
            continue
        build, ping, close = median[peer]
        ratio = f"{build / median['floor'][0]:.2f}" if "floor" in median else ""
        print(f"| {peer} | {build * 1e3:.1f} ms | {ratio} | {ping * 1e3:.2f} ms | {close * 1e3:.2f} ms |", flush=True)


def rates(peers, seconds, drain):
    """Networks of two hosts a second, each in a process of its own, its teardown included."""
    columns = [1, 2, 4, 8]
    print("\n| networks a second | " + " | ".join(f"{number} at once" for number in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for peer in peers:
        cells = [rate(peer, number, seconds, drain) for number in columns]
        print(f"| {peer} | " + " | ".join(cells) + " |", flush=True)


def rate(peer, number, seconds, drain):
    drain.wait()
    start = time.monotonic()
    counts = []

    def build():
        while time.monotonic() - start < seconds:
            taken = sample(peer, 2)
            counts.append(taken)
            if isinstance(taken, str):
                return

    threads = [threading.Thread(target=build) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drain.wait()
    took = time.monotonic() - start
    failure = next((taken for taken in counts if isinstance(taken, str)), None)
    return failure or f"{len(counts) / took:.1f}"


def suite(runs):
    """Small tests, each with two hosts and a ping, as people run them."""
    package = TARGET / "peers" / "suite"
    (package / "tests").mkdir(parents=True, exist_ok=True)
    (package / "src").mkdir(exist_ok=True)
    (package / "src" / "lib.rs").write_text("")
    (package / "Cargo.toml").write_text(
        '[package]\nname = "suite"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n'
        f'[dev-dependencies]\nnetns-test = {{ path = "{HERE.parent.parent}" }}\n'
    )
    test = (
        '#[netns_test(topology = Topology::lan(["a", "b"]))]\n'
        'fn t{number:03}(net: &Network) {{ net.host("a").ping("b").unwrap().assert_lossless(); }}\n'
    )
    tests = "".join(test.format(number=number) for number in range(SUITE_TESTS))
    (package / "tests" / "many.rs").write_text("use netns_test::{Network, Topology, netns_test};\n" + tests)
    ways = {"cargo test": ["cargo", "test", "--test", "many"]}
    if shutil.which("cargo-nextest"):
        ways["cargo nextest run"] = ["cargo", "nextest", "run", "--test", "many"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "peers" / "suite-target")}
    subprocess.run([*ways["cargo test"], "--no-run"], cwd=package, env=environment, check=True)
    print(f"\n| {SUITE_TESTS} tests | wall | CPU of the processes |\n|---|---|---|")
    for way, command in ways.items():
        times = [timed(command, package, environment) for _ in range(runs)]
        wall, used = (statistics.median(column) for column in zip(*times))
        print(f"| {way} | {wall:.2f} s | {used:.2f} s |", flush=True)


def timed(command, package, environment):
    before, start = os.times(), time.monotonic()
    subprocess.run(command, cwd=package, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.monotonic() - start, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def build(package):
    command = ["cargo", "build", "--release", "--target-dir", str(TARGET / "peers")]
    subprocess.run(command, cwd=package, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers", nargs="*", metavar="PEER", help="of " + ", ".join(PEERS) + "; default: all of them")
    parser.add_argument("--hosts", default="2,16,128,512,1000", help="sizes, of " + ", ".join(map(str, CASES)))
    parser.add_argument("--samples", type=int, default=5, help="of each peer at each size")
    parser.add_argument("--seconds", type=float, default=5, help="for each rate; 0 leaves the rates out")
    parser.add_argument("--suite", type=int, default=3, help="runs of the suite; 0 leaves it out")
    options = parser.parse_args()
    options.peers = options.peers or list(PEERS)
    for unknown in set(options.peers) - set(PEERS):
        parser.error(f"`{unknown}` is none of {', '.join(PEERS)}")
    build(HERE)
    if "patchbay" in options.peers:
        build(HERE / "patchbay")
    drain = Drain()
    for hosts in filter(None, options.hosts.split(",")):
        table(hosts, compare(options.peers, int(hosts), options.samples, drain))
    if options.seconds:
        rates(options.peers, options.seconds, drain)
    if options.suite:
        suite(options.suite)


if __name__ == "__main__":
    sys.exit(main())
