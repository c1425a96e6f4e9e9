# client - r1 - r2 - server, both families, in network namespaces of our own.
# Run by bash inside `unshare -Urnm`; everything vanishes with that process.

on() {
    local host=$1
    shift
    ip netns exec "$host" "$@"
}

for host in client r1 r2 server; do
    ip netns add "$host"
    on "$host" bash -c '
        cd /proc/sys/net
        # Duplicate address detection would cost the first second of each link.
        echo 0 >ipv6/conf/all/accept_dad
        echo 0 >ipv6/conf/default/accept_dad
        echo 1 >ipv6/conf/all/forwarding
        echo 1 >ipv4/ip_forward
        # Many ports are asked of one router.
        echo 0 >ipv4/icmp_ratelimit
        echo 0 >ipv4/icmp_ratemask
        echo 0 >ipv6/icmp/ratelimit
        ip link set lo up
    '
done
# Hosts do not forward.
on client sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
on server sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'

ip -n client link add east type veth peer name west netns r1
ip -n r1 link add east type veth peer name west netns r2
ip -n r2 link add east type veth peer name west netns server

address() {
    ip -n "$1" address add "10.0.$3/24" dev "$2"
    ip -n "$1" address add "fd00:${3/./::}/64" dev "$2" nodad
    ip -n "$1" link set "$2" up
}
address client east 1.2
# A second one, for what routers ration by address.
ip -n client address add 10.0.1.3/24 dev east
address r1 west 1.1
address r1 east 2.1
address r2 west 2.2
address r2 east 3.1
address server west 3.2

ip -n client route add 10.0.0.0/8 via 10.0.1.1
ip -n client route add fd00::/16 via fd00:1::1
ip -n r1 route add 10.0.3.0/24 via 10.0.2.2
ip -n r1 route add fd00:3::/64 via fd00:2::2
ip -n r2 route add 10.0.1.0/24 via 10.0.2.1
ip -n r2 route add fd00:1::/64 via fd00:2::1
ip -n server route add default via 10.0.3.1
ip -n server route add default via fd00:3::1

# 10.0.66.0/24 goes round between the routers until its hops are used up.
ip -n r1 route add 10.0.66.0/24 via 10.0.2.2
ip -n r2 route add 10.0.66.0/24 via 10.0.2.1
ip -n r1 route add fd00:66::/64 via fd00:2::2
ip -n r2 route add fd00:66::/64 via fd00:2::1

# Routes by which the client itself says no.
ip -n client route add throw 192.0.2.1
ip -n client route add blackhole 192.0.2.2
ip -n client route add prohibit 192.0.2.3
ip -n client route add unreachable 192.0.2.4
ip -n client route add throw 2001:db8::1
ip -n client route add blackhole 2001:db8::2
ip -n client route add prohibit 2001:db8::3
ip -n client route add unreachable 2001:db8::4

# Names for those who ask.
cat >/run/hosts <<'END'
127.0.0.1 localhost
::1 localhost
10.0.1.1 r1.lab
fd00:1::1 r1.lab
10.0.2.2 r2.lab
fd00:2::2 r2.lab
10.0.3.2 server.lab
fd00:3::2 server.lab
END
mount --bind /run/hosts /etc/hosts

# RULES, SERVER and PORTS come from the test: nft scripts a host, the program
# and its ports.
for host in client r1 r2 server; do
    rules=RULES_$host
    on "$host" nft -f - <<<"${!rules}"
done

exec {server}< <(exec ip netns exec server setpriv --pdeathsig KILL python3 -c "$SERVER" $PORTS)
read -r line <&"$server"
[ "$line" = ready ]

# The first packets of a link wait for its neighbours; no test should.
on client ping -c1 -W2 10.0.3.2 >/dev/null 2>&1 || true
on client ping -c1 -W2 fd00:3::2 >/dev/null 2>&1 || true
