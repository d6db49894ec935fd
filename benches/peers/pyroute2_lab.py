"""Lab A with pyroute2: a bridge, as many hosts, their routes. One ping, and everything is taken down again.

Prints the nanoseconds of building, of the first ping and of closing. Run it in a network and mounts of its own: see run.py.
"""

import subprocess
import sys
import time

from pyroute2 import IPRoute, NetNS, netns

BRIDGE = "mydocker0"
GATEWAY = "172.16.1.254"


def address(host):
    return f"172.16.{1 + (host - 1) // 200}.{1 + (host - 1) % 200}"


def index(ipr, name):
    return ipr.link_lookup(ifname=name)[0]


def add_host(ipr, bridge, host):
    name, port = f"ns{host}", f"veth{host}"
    inside = NetNS(name)
    ipr.link("add", ifname=port, kind="veth", peer={"ifname": "eth0", "net_ns_fd": name})
    ipr.link("set", index=index(ipr, port), master=bridge, state="up")
    inside.link("set", index=index(inside, "lo"), state="up")
    eth0 = index(inside, "eth0")
    inside.addr("add", index=eth0, address=address(host), prefixlen=16)
    inside.link("set", index=eth0, state="up")
    inside.route("add", dst="default", gateway=GATEWAY)
    return inside


def main(hosts):
    start = time.monotonic_ns()
    ipr = IPRoute()
    ipr.link("add", ifname=BRIDGE, kind="bridge")
    bridge = index(ipr, BRIDGE)
    ipr.addr("add", index=bridge, address=GATEWAY, prefixlen=16)
    ipr.link("set", index=bridge, state="up")
    inside = [add_host(ipr, bridge, host) for host in range(1, hosts + 1)]
    built = time.monotonic_ns()
    ping = ["ping", "-c1", "-W5", address(2)]
    subprocess.run(["ip", "netns", "exec", "ns1", *ping], check=True, stdout=subprocess.DEVNULL)
    pinged = time.monotonic_ns()
    for host, namespace in enumerate(inside, start=1):
        namespace.close()
        netns.remove(f"ns{host}")
    ipr.link("del", index=bridge)
    ipr.close()
    print(built - start, pinged - built, time.monotonic_ns() - pinged)


main(int(sys.argv[1]))
