"""Mininet with a Linux bridge for its switch, and as many hosts. One ping, and everything is taken down again.

Prints the nanoseconds of building, of the first ping and of closing. Run it in a network and mounts of its own: see run.py.
"""

import sys
import time

from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo


def main(hosts):
    start = time.monotonic_ns()
    net = Mininet(
        topo=SingleSwitchTopo(hosts),
        switch=LinuxBridge,
        controller=None,
        ipBase="172.16.0.0/16",
        waitConnected=False,
    )
    net.start()
    built = time.monotonic_ns()
    first, second = net.hosts[0], net.hosts[1]
    answer = first.cmd("ping", "-c1", "-W5", second.IP())
    pinged = time.monotonic_ns()
    if "1 received" not in answer:
        sys.exit(answer)
    net.stop()
    print(built - start, pinged - built, time.monotonic_ns() - pinged)


main(int(sys.argv[1]))
