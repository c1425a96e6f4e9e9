//! The network that the examples speak of.
//!
//! client - r1 - r2 - server, where the server is every other host, by an address
//! each; `host` and `localhost` are the client itself.

use crate::support::Namespace;
use crate::support::command::SOCK;

/// Hosts of the examples, and what the firewall in front of them drops.
const RULES: &str = "
table inet examples {
    chain forward {
        type filter hook forward priority filter
        ip daddr 10.0.3.12 tcp dport { 1-21, 23-79, 81-442, 444-1024 } drop
        ip daddr 10.0.3.10 tcp dport 3306 drop
        tcp dport 2020 drop
    }
}
";

/// The other hosts, all of them the server, and what listens besides: a greeting as
/// of SSH there, on the client echo and two ports.
const HERE: &str = "
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
up() {
    exec {up}< <(exec ip netns exec \"$1\" setpriv --pdeathsig KILL \"$SOCK\" listen -k \"${@:2}\" 2>&1)
    read -r line <&\"$up\"
    case $line in listening*) ;; *) echo \"$line\"; exit 1 ;; esac
}
up server 22 -- printf 'SSH-2.0-OpenSSH_9.6\\r\\n'
up client --echo 7
up client --discard 8080,18443
for host in db cache web1 web2 bastion; do
    on client ping -c1 -W2 $host >/dev/null 2>&1 || true
done
";

/// Makes it; `None` after a reported skip.
#[track_caller]
pub fn network() -> Option<Namespace> {
    let script = [include_str!("../../peers/lab.sh"), HERE].concat();
    let ports = "tcp:80 tcp:443 tcp:5432 tcp:6379 tcp:2000 tcp:2020 tcp:3306";
    let none = String::new;
    Namespace::new(
        &script,
        &[
            ("SERVER", include_str!("../../peers/server.py").to_owned()),
            ("PORTS", ports.to_owned()),
            ("SOCK", SOCK.to_owned()),
            ("RULES_client", none()),
            ("RULES_r1", RULES.to_owned()),
            ("RULES_r2", none()),
            ("RULES_server", none()),
        ],
    )
}
