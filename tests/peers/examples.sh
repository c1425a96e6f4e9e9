# After lab.sh: the hosts that the manual and README speak of. The server is all
# of them, by an address each; `host` and `localhost` are the client itself.
# SOCK is the program.

for host in 10 11 12 13 14; do
    ip -n server address add 10.0.3.$host/24 dev west
done
cat >>/run/hosts <<'END'
10.0.3.10 db
10.0.3.11 cache
10.0.3.12 web1
10.0.3.13 web2
10.0.3.14 bastion
127.0.0.1 host
END
# One family: which of two answers first is nothing to be shown.
grep -v '^::1 localhost' /run/hosts >/run/one
cat /run/one >/run/hosts

# What the firewall in front of them does.
on r1 nft -f - <<'END'
table inet examples {
    chain forward {
        type filter hook forward priority filter
        ip daddr 10.0.3.12 tcp dport { 1-21, 23-79, 81-442, 444-1024 } drop
        ip daddr 10.0.3.10 tcp dport 3306 drop
        ip daddr 10.0.3.13 tcp dport 8443 reject with icmp admin-prohibited
        tcp dport 2020 drop
    }
}
END

up() {
    exec {up}< <(exec ip netns exec "$1" setpriv --pdeathsig KILL "$SOCK" listen -k "${@:2}" 2>&1)
    read -r line <&"$up"
    case $line in listening*) ;; *) echo "$line"; exit 1 ;; esac
}
up server 22 -- printf 'SSH-2.0-OpenSSH_9.6\r\n'
up client --echo 7
up client --discard 8080,18443

for host in db cache web1 web2 bastion; do
    on client ping -c1 -W2 $host >/dev/null 2>&1 || true
done
