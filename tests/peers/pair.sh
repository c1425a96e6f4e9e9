# a and b, two hosts with two links between them, both families, in network
# namespaces of our own. Run by bash inside `unshare -Urnm`.

for host in a b; do
    ip netns add "$host"
    ip netns exec "$host" bash -c '
        cd /proc/sys/net
        # Duplicate address detection would cost the first second of each link.
        echo 0 >ipv6/conf/all/accept_dad
        echo 0 >ipv6/conf/default/accept_dad
        ip link set lo up
    '
done
link() {
    ip -n a link add "$1" type veth peer name "$2" netns b
    ip -n a address add "10.9.$3.1/24" brd + dev "$1"
    ip -n b address add "10.9.$3.2/24" brd + dev "$2"
    ip -n a address add "fd09:$3::1/64" dev "$1" nodad
    ip -n b address add "fd09:$3::2/64" dev "$2" nodad
    ip -n a link set "$1" up
    ip -n b link set "$2" up
}
link ab ba 1
link ac ca 2
# The first packets of a link wait for its neighbours; no test should.
for host in 10.9.1.2 10.9.2.2 fd09:1::2 fd09:2::2; do
    ip netns exec a ping -c1 -W2 "$host" >/dev/null 2>&1 || true
done
