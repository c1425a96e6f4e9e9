//! All readings of DESIGN 2 in one table a question, so that they can be
//! compared: what is dialled, what is listened on, what is probed, and what
//! the answer to each mistake is.

use super::*;
use crate::ports::PortList;
use crate::services::Compiled;
use crate::targets::targets;
use proptest::prelude::*;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// `Err` holds a part of the expectation and the meant form.
type Want<'a> = Result<&'a str, (&'a str, &'a str)>;

fn compare(line: &str, read: Result<String, WordError>, want: Want) {
    match (read, want) {
        (Ok(read), Ok(want)) => assert_eq!(read, want, "{line}"),
        (Err(error), Err((expected, meant))) => {
            assert!(error.expected.contains(expected), "{line}: {error}");
            assert_eq!(
                error.meant.as_deref().unwrap_or(""),
                meant,
                "{line}: {error}"
            );
        }
        (read, want) => panic!("{line}: {read:?}, not {want:?}"),
    }
}

#[test]
fn what_is_dialled() {
    let read = |line: &str| {
        dial(&words(line), &Compiled).map(|dial| format!("{} {}", dial.address, dial.used))
    };
    let table: &[(&str, Want)] = &[
        // Two words.
        ("db.internal 5432", Ok("db.internal:5432 2")),
        ("db.internal postgresql", Ok("db.internal:5432 2")),
        ("10.0.0.5 22", Ok("10.0.0.5:22 2")),
        ("::1 80", Ok("[::1]:80 2")),
        ("[::1] 80", Ok("[::1]:80 2")),
        ("fe80::1%eth0 ssh", Ok("[fe80::1%eth0]:22 2")),
        ("redis 6379", Ok("redis:6379 2")),
        ("mysql 3306", Ok("mysql:3306 2")),
        ("redis redis", Ok("redis:6379 2")),
        ("h. 80", Ok("h.:80 2")),
        // One word; what follows is somebody else's.
        ("db.internal:5432", Ok("db.internal:5432 1")),
        ("db.internal:postgresql", Ok("db.internal:5432 1")),
        ("h.:80", Ok("h.:80 1")),
        ("10.0.0.5:22 80", Ok("10.0.0.5:22 1")),
        ("[::1]:80 file", Ok("[::1]:80 1")),
        ("[fe80::1%eth0]:80", Ok("[fe80::1%eth0]:80 1")),
        ("h 22 file", Ok("h:22 2")),
        ("redis:6379", Ok("redis:6379 1")),
        // Unix.
        ("unix:/run/x 80", Ok("unix:/run/x 1")),
        ("unix:@x", Ok("unix:@x 1")),
        ("/run/x", Ok("unix:/run/x 1")),
        ("./x", Ok("unix:./x 1")),
        // URLs.
        ("http://h/x", Ok("h:80 1")),
        ("https://bob:secret@h:8443/x 99", Ok("h:8443 1")),
        ("http://[::1]:8080/", Ok("[::1]:8080 1")),
        ("http://[fe80::1%25eth0]/", Ok("[fe80::1%eth0]:80 1")),
        ("postgres://u:p@db/app", Ok("db:5432 1")),
        // No host, or none to dial.
        ("", Err(("HOST PORT", ""))),
        ("5005", Err(("or -l", "localhost 5005"))),
        (
            "5005 10.0.0.1",
            Err(("a host before the port", "10.0.0.1 5005")),
        ),
        ("5005 file", Err(("or -l", "localhost 5005"))),
        ("22,80 h", Err(("a host before", "localhost 22"))),
        ("65536", Err(("1 to 65535", ""))),
        ("10-5", Err(("lower port to the higher", "5-10"))),
        (":80", Err(("takes -l", "localhost:80"))),
        ("*:80", Err(("takes -l", "localhost:80"))),
        ("* 80", Err(("takes -l", "localhost 80"))),
        (":", Err(("a port after the colon", ""))),
        ("*:", Err(("a port after the colon", "*:80"))),
        ("@x", Err(("an address", "unix:@x"))),
        // No port.
        ("h", Err(("a port after the host", "h 80"))),
        ("redis", Err(("a port after the host", "redis 6379"))),
        ("10.0.0.5", Err(("a port after the host", "10.0.0.5 80"))),
        ("::1", Err(("a port after the IPv6", "[::1]:80"))),
        ("::1:80", Err(("a port after the IPv6", "[::1]:80"))),
        ("::1:443", Err(("a port after the IPv6", "[::1]:443"))),
        ("fd00::5:22", Err(("a port after the IPv6", "[fd00::5]:22"))),
        ("fd00::5", Err(("a port after the IPv6", "[fd00::5]:80"))),
        ("[::1]", Err(("a port after the IPv6", "[::1]:80"))),
        ("fe80::1%eth0:80", Err(("brackets", "[fe80::1%eth0]:80"))),
        (
            "1:2:3:4:5:6:7:8:80",
            Err(("brackets", "[1:2:3:4:5:6:7:8]:80")),
        ),
        ("host:", Err(("a port after the colon", "host:80"))),
        ("h file.txt", Err(("a port number or a service name", ""))),
        ("h bob:secret@h:22", Err(("a port after the host", "h 80"))),
        // A wrong port.
        ("host:0", Err(("listening only", ""))),
        ("host 0", Err(("listening only", ""))),
        ("host:99999", Err(("1 to 65535", ""))),
        ("host 99999", Err(("1 to 65535", ""))),
        ("host:htps", Err(("a service name", "host:https"))),
        ("host htps", Err(("a service name", "https"))),
        ("host 22,80", Err(("one port only", "host 22"))),
        ("host 8000-8100", Err(("one port only", "host 8000"))),
        ("host:22,80", Err(("one port only", "host:22"))),
        ("http://h:99999/", Err(("1 to 65535", "http://h"))),
        (
            "nobody://h",
            Err(("a port after the host", "nobody://h:80")),
        ),
        // A wrong host.
        ("[::1", Err(("closing bracket", ""))),
        ("[::1]80", Err(("a colon and a port", "[::1]:80"))),
        ("[h]:80", Err(("IPv6 address within", "h:80"))),
        ("[10.0.0.1]:80", Err(("IPv6 address within", "10.0.0.1:80"))),
        ("a:b:c", Err(("HOST:PORT, [IPv6]:PORT", ""))),
        ("10.0.0.0/24 22", Err(("without a slash", "10.0.0.0"))),
        ("h/x:80", Err(("without a slash", "h:80"))),
        (
            "bücher.example:80",
            Err(("ASCII", "xn--bcher-kva.example:80")),
        ),
        ("bob:secret@h:22", Err(("without the user", "h:22"))),
        ("unix:", Err(("unix:PATH", ""))),
        // What a shell would have read.
        ("~/s", Err(("without quotes", ""))),
        ("unix:~/s", Err(("where a word begins", "~/s"))),
        ("unix:./~/s", Ok("unix:./~/s 1")),
        ("/dev/tcp/h/80", Err(("no file", "h 80"))),
        ("/dev/udp/::1/53", Err(("no file", "-u ::1 53"))),
        ("/dev/log", Ok("unix:/dev/log 1")),
    ];
    for (line, want) in table {
        compare(line, read(line), *want);
    }
    let quoted = dial(&["h".to_owned(), "81 82".to_owned()], &Compiled).unwrap_err();
    assert_eq!((quoted.word.as_str(), quoted.meant), ("81 82", None));
    let note = |line| dial(&words(line), &Compiled).unwrap().note;
    let want = "https:// here means only port 443: no TLS is spoken";
    assert_eq!(note("https://h").as_deref(), Some(want));
    assert_eq!(note("http://h"), None);
    let empty = dial(&[String::new()], &Compiled).unwrap_err();
    assert!(empty.expected.contains("not an empty word"));
}

#[test]
fn passwords_are_never_repeated() {
    let ports = PortList::from(22);
    for address in [
        "bob:secret@h:22",
        "bob:secret@h",
        "x://bob:secret@h",
        "x://bob:sec/secret@h",
    ] {
        for line in [
            "_",
            "h _",
            "22 _",
            "h:22 _",
            "_ 22",
            "h 22 _",
            "h 22 _ 80",
            "_ _",
        ] {
            let words = words(&line.replace('_', address));
            let errors = [
                dial(&words, &Compiled).err(),
                local(&words, &Compiled).err(),
                local_one(&words, &Compiled).err(),
                targets(&words, None, &Compiled).err(),
                targets(&words, Some(&ports), &Compiled).err(),
            ];
            assert!(
                !format!("{errors:?}").contains("secret"),
                "{line}: {errors:?}"
            );
        }
    }
}

#[test]
fn what_is_listened_on() {
    let read = |line: &str| {
        let found = local(&words(line), &Compiled)?;
        let shown: Vec<String> = found.iter().map(Local::to_string).collect();
        Ok(shown.join(" "))
    };
    let table: &[(&str, Want)] = &[
        ("", Ok("*:0")),
        ("5005", Ok("*:5005")),
        ("0", Ok("*:0")),
        (":5005", Ok("*:5005")),
        ("*:5005", Ok("*:5005")),
        ("* 5005", Ok("*:5005")),
        ("22,80", Ok("*:22,80")),
        (":22,80", Ok("*:22,80")),
        ("22,80,8000-8100", Ok("*:22,80,8000-8100")),
        ("ssh", Ok("*:22")),
        ("ssh,https", Ok("*:22,443")),
        ("http-alt", Ok("*:8080")),
        ("redis 6379", Ok("*:6379 *:6379")),
        ("22 80", Ok("*:22 *:80")),
        ("127.0.0.1 5005", Ok("127.0.0.1:5005")),
        ("127.0.0.1:5005", Ok("127.0.0.1:5005")),
        ("localhost ssh", Ok("localhost:22")),
        ("localhost:0", Ok("localhost:0")),
        ("0.0.0.0 80", Ok("0.0.0.0:80")),
        (":: 80", Ok("[::]:80")),
        ("::1 5005", Ok("[::1]:5005")),
        ("[::1]:5005", Ok("[::1]:5005")),
        ("[::1] 5005", Ok("[::1]:5005")),
        ("fe80::1%eth0 5005", Ok("[fe80::1%eth0]:5005")),
        ("127.0.0.1 80 ::1 80", Ok("127.0.0.1:80 [::1]:80")),
        ("127.0.0.1 80 443 ::1 80", Ok("127.0.0.1:80,443 [::1]:80")),
        ("127.0.0.1 80,81 ssh", Ok("127.0.0.1:80,81,22")),
        ("127.0.0.1:22 80", Ok("127.0.0.1:22 *:80")),
        ("unix:/run/x 80", Ok("unix:/run/x *:80")),
        ("unix:@x", Ok("unix:@x")),
        ("/run/x", Ok("unix:/run/x")),
        ("./x,y ./z", Ok("unix:./x,y unix:./z")),
        ("*", Err(("a port after `*`", "*:80"))),
        ("localhost", Err(("a port after the host", "localhost 80"))),
        ("htps", Err(("a service name", "https"))),
        ("127.0.0.1 htps", Err(("a service name", "https"))),
        (
            "127.0.0.1 ::1 80",
            Err(("a port after the host", "127.0.0.1 80")),
        ),
        ("::1", Err(("a port after the IPv6", "[::1]:80"))),
        ("::1:80", Err(("a port after the IPv6", "[::1]:80"))),
        ("https://h/", Err(("not a URL", "*:443"))),
        ("https://bob:secret@h/", Err(("not a URL", "*:443"))),
        ("65536", Err(("0 to 65535", ""))),
        ("8000..8100", Err(("a range such as", "8000-8100"))),
        ("22/tcp", Err(("a port number", "22"))),
        ("80,,90", Err(("every comma", "80,90"))),
        ("80,htps", Err(("a service name", "80,https"))),
        (
            "127.0.0.1:",
            Err(("a port after the colon", "127.0.0.1:80")),
        ),
        (":", Err(("a port after the colon", ""))),
    ];
    for (line, want) in table {
        compare(line, read(line), *want);
    }
}

#[test]
fn the_one_address_of_send_and_recv_that_listen() {
    let read = |line: &str| {
        local_one(&words(line), &Compiled).map(|(local, used)| format!("{local} {used}"))
    };
    let table: &[(&str, Want)] = &[
        ("", Ok("*:0 0")),
        ("5005", Ok("*:5005 1")),
        ("5005 file", Ok("*:5005 1")),
        ("5005 80", Ok("*:5005 1")),
        (":5005 file", Ok("*:5005 1")),
        ("redis file", Ok("*:6379 1")),
        ("localhost 5005 file", Ok("localhost:5005 2")),
        ("localhost 5005 80", Ok("localhost:5005 2")),
        ("[::1]:5005 80", Ok("[::1]:5005 1")),
        ("* 5005 80", Ok("*:5005 2")),
        ("unix:@x file", Ok("unix:@x 1")),
        ("22,80", Err(("one port only", "22"))),
        ("8000-8100", Err(("one port only", "8000"))),
        ("h:22,80", Err(("one port only", "22"))),
        (
            "localhost file",
            Err(("a port after the host", "localhost 80")),
        ),
    ];
    for (line, want) in table {
        compare(line, read(line), *want);
    }
}

#[test]
fn what_is_probed() {
    let read = |line: &str| {
        let (found, _) = targets(&words(line), None, &Compiled)?;
        let shown: Vec<String> = found.iter().map(|target| target.to_string()).collect();
        Ok(shown.join(" "))
    };
    let table: &[(&str, Want)] = &[
        ("h 22", Ok("h:22")),
        ("h 22,80", Ok("h:22,80")),
        ("h:22", Ok("h:22")),
        ("h:22,8000-8100,https", Ok("h:22,8000-8100,443")),
        ("h 22 80", Ok("h:22,80")),
        ("h ssh https", Ok("h:22,443")),
        ("redis 6379", Ok("redis:6379")),
        ("redis 6379 mysql 3306", Ok("redis:6379 mysql:3306")),
        ("redis redis", Ok("redis:6379")),
        ("a 22 b 80", Ok("a:22 b:80")),
        ("127.0.0.1 80 ::1 80", Ok("127.0.0.1:80 [::1]:80")),
        ("[::1]:80 10.0.0.0/24:22", Ok("[::1]:80 10.0.0.0/24:22")),
        ("10.0.0.0/24 22", Ok("10.0.0.0/24:22")),
        ("10.0.0.7/24 22", Ok("10.0.0.7/24:22")),
        ("fd00::/120 22", Ok("[fd00::/120]:22")),
        ("fd00::/120:22", Ok("[fd00::/120]:22")),
        ("[fd00::/120]:22", Ok("[fd00::/120]:22")),
        ("fe80::1%eth0 22", Ok("[fe80::1%eth0]:22")),
        ("https://bob:secret@h/x", Ok("h:443")),
        (
            "unix:/run/x h:22 /run/y",
            Ok("unix:/run/x h:22 unix:/run/y"),
        ),
        ("", Err(("a TARGET", ""))),
        ("h", Err(("a port or a list", "h 1-1024"))),
        (
            "10.0.0.0/24",
            Err(("a port or a list", "10.0.0.0/24 1-1024")),
        ),
        ("::1:80", Err(("a port after the IPv6", "[::1]:80"))),
        ("h1 h2 22", Err(("--ports", "--ports 22 h1 h2"))),
        ("h1 h2 h3 22 80", Err(("--ports", "--ports 22,80 h1 h2 h3"))),
        (
            "10.0.0.1 10.0.0.2 ssh",
            Err(("--ports", "--ports ssh 10.0.0.1 10.0.0.2")),
        ),
        ("h1 h2", Err(("--ports", "--ports 1-1024 h1 h2"))),
        ("h ssh-http", Err(("a range such as", "22-80"))),
        ("h 80-ssh", Err(("a range such as", "22-80"))),
        ("h1 h2:22", Err(("a port or a list", "h1 1-1024"))),
        ("h1:22 h2", Err(("a port or a list", "h2 1-1024"))),
        ("22", Err(("a TARGET before", "localhost 22"))),
        ("22 h", Err(("a TARGET before", "h 22"))),
        ("h:22 80", Err(("a TARGET before", "h 22 80"))),
        ("unix:/x 80", Err(("a Unix socket has no port", ""))),
        (":22", Err(("a host before", "localhost:22"))),
        ("h htps", Err(("a service name", "https"))),
        ("h 80,,90", Err(("every comma", "80,90"))),
        ("h 8000..8100", Err(("a range such as", "8000-8100"))),
        ("h 0", Err(("listening only", ""))),
        ("10.0.0.0/33 22", Err(("a length from 0 to 32", ""))),
        ("10.0.0.0/33:22", Err(("a length from 0 to 32", ""))),
        (
            "10.0.0.0/255.255.255.0:22",
            Err(("a length", "10.0.0.0/24:22")),
        ),
        (
            "[fd00::]/64:22",
            Err(("within the brackets", "[fd00::/64]:22")),
        ),
        ("h/24 22", Err(("without a slash", "h"))),
        ("-", Err(("command line only", ""))),
        ("h:22 -", Err(("command line only", ""))),
    ];
    for (line, want) in table {
        compare(line, read(line), *want);
    }
    let quoted = ["h".to_owned(), "81 82-90".to_owned()];
    let quoted = targets(&quoted, None, &Compiled).unwrap_err();
    assert_eq!(quoted.word, "81 82-90");
    assert_eq!(quoted.meant.as_deref(), Some("81,82-90"));
}

#[test]
fn one_word_is_an_address_too() {
    let read = |word: &str| Address::parse(word, &Compiled).map(|address| address.to_string());
    let table: &[(&str, Want)] = &[
        ("h:80", Ok("h:80")),
        ("h:0", Ok("h:0")),
        ("[::1]:ssh", Ok("[::1]:22")),
        ("5005", Ok("*:5005")),
        (":5005", Ok("*:5005")),
        ("*:0", Ok("*:0")),
        ("ssh", Ok("*:22")),
        ("./x", Ok("unix:./x")),
        ("h", Err(("a port after the host", "h 80"))),
        ("h:22,80", Err(("one port only", "h:22"))),
        ("22,80", Err(("one port only", "22"))),
        ("http://h", Err(("not a URL", ""))),
    ];
    for (word, want) in table {
        compare(word, read(word), *want);
    }
}

fn any_host() -> impl Strategy<Value = Host> {
    prop_oneof![
        any::<std::net::IpAddr>().prop_map(Host::from),
        (any::<std::net::Ipv6Addr>(), "[a-z0-9.-]{1,15}")
            .prop_map(|(ip, zone)| Host::V6(ip, Some(zone))),
        "[a-z]{1,9}(\\.[a-z]{1,9}){0,2}\\.?".prop_map(Host::Name),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(host in any_host(), port: u16, path in "/[^\0/][^\0]{0,40}") {
        let unix = Unix::Path(path.into());
        for address in [
            Address::Inet { host: host.clone(), port },
            Address::Local { port },
            Address::Unix(unix),
        ] {
            if let Address::Unix(unix) = &address && unix.check().is_err() {
                continue;
            }
            let word = address.to_string();
            prop_assert_eq!(Address::parse(&word, &Compiled).unwrap(), address.clone());
            let local = local(std::slice::from_ref(&word), &Compiled).unwrap();
            prop_assert_eq!(local[0].to_string(), word.clone());
            if port > 0 && !matches!(address, Address::Local { .. }) {
                let dialled = dial(std::slice::from_ref(&word), &Compiled).unwrap();
                prop_assert_eq!(dialled.address, address);
                let (found, _) = targets(std::slice::from_ref(&word), None, &Compiled).unwrap();
                prop_assert_eq!(found[0].to_string(), word);
            }
        }
    }

    #[test]
    fn nothing_panics(
        any in prop::collection::vec(any::<String>(), 0..4),
        like in prop::collection::vec("[0-9a-f:.%/@,*\\[\\]ü-]{0,12}", 0..5),
    ) {
        let ports = PortList::from(22);
        for words in [any, like] {
            let _ = dial(&words, &Compiled);
            let _ = local(&words, &Compiled);
            let _ = local_one(&words, &Compiled);
            let _ = targets(&words, None, &Compiled);
            let _ = targets(&words, Some(&ports), &Compiled);
        }
    }
}
