#!/bin/sh
# Lab A as a person types it, with iproute2: a bridge, as many hosts, their routes. One ping, and everything is taken down again.
# Prints the nanoseconds of building, of the first ping and of closing. Run it in a network and mounts of its own: see run.py.
set -eu
hosts=$1

now() { date +%s%N; }

start=$(now)
ip link add mydocker0 type bridge
ip addr add 172.16.1.254/16 dev mydocker0
ip link set mydocker0 up
host=1
while [ "$host" -le "$hosts" ]; do
	ns=ns$host
	address=172.16.$((1 + (host - 1) / 200)).$((1 + (host - 1) % 200))
	ip netns add "$ns"
	ip link add "veth$host" type veth peer name eth0 netns "$ns"
	ip link set "veth$host" master mydocker0
	ip link set "veth$host" up
	ip -n "$ns" link set lo up
	ip -n "$ns" addr add "$address/16" dev eth0
	ip -n "$ns" link set eth0 up
	ip -n "$ns" route add default via 172.16.1.254
	host=$((host + 1))
done
built=$(now)
ip netns exec ns1 ping -c1 -W5 172.16.1.2 >/dev/null
pinged=$(now)
host=1
while [ "$host" -le "$hosts" ]; do
	ip netns del "ns$host"
	host=$((host + 1))
done
ip link del mydocker0
echo $((built - start)) $((pinged - built)) $(($(now) - pinged))
