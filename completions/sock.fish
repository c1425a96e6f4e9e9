# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sock_global_optspecs
    string join \n h/help V/version
end

function __fish_sock_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sock_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sock_using_subcommand
    set -l cmd (__fish_sock_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sock -n "__fish_sock_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sock -n "__fish_sock_needs_command" -s V -l version -d 'Print version'
complete -c sock -n "__fish_sock_needs_command" -f -a "connect" -d 'Hold a two-way conversation over stdin and stdout'
complete -c sock -n "__fish_sock_needs_command" -f -a "probe" -d 'Which ports answer, how fast, and when one does not: why, and who said so'
complete -c sock -n "__fish_sock_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c sock -n "__fish_sock_needs_command" -f -a "send" -d 'One way out: files, stdin or messages; 0 means the other side has it'
complete -c sock -n "__fish_sock_needs_command" -f -a "recv" -d 'One way in, to stdout or a file; 0 means a clean end and every byte stored'
complete -c sock -n "__fish_sock_needs_command" -f -a "listen" -d 'Wait for a peer, then relay stdin and stdout, or serve it'
complete -c sock -n "__fish_sock_using_subcommand connect" -l resolve-timeout -d 'Give up on a name after this time, counted from the question' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l sndbuf -d 'Bytes that may wait in the kernel until the peer has them (SO_SNDBUF); without it the kernel finds out what is best' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l rcvbuf -d 'Bytes that may wait in the kernel until they are read (SO_RCVBUF), and with TCP the window that the peer is offered' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l keepalive -d 'Ask a silent peer after this time, and again as often, whether it is still there (SO_KEEPALIVE; whole seconds)' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l user-timeout -d 'Give a connection up when what was sent is not acknowledged in this time (TCP_USER_TIMEOUT)' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l congestion -d 'Congestion control (TCP_CONGESTION): reno, cubic, bbr, ...' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l dscp -d 'The service class in every packet (IP_TOS, IPV6_TCLASS): ef, cs0 to cs7, af11 to af43, le, voice-admit, or 0 to 63' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l ttl -d 'Routers a packet may pass, plus one (IP_TTL, IPV6_UNICAST_HOPS)' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l mss -d 'Bytes that a TCP segment carries at most, either way (TCP_MAXSEG)' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l mark -d 'The mark for routing and firewall rules of this machine, also as 0xN (SO_MARK; needs CAP_NET_ADMIN)' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l interface -d 'Only by way of this network interface (SO_BINDTODEVICE)' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l multicast -d 'Join this group to hear it (recv -u, listen -u); of who sends to it, the packets leave by --interface. Their reach is --ttl, or 1' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l source -d 'The local address, and port, to come from' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -s w -l connect-timeout -d 'Give up on an address after this time, counted from its SYN' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l retry -d 'Try again this many times when it fails (`inf`: for ever)' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l retry-interval -d 'The time between two tries' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l send-flags -d 'Flags of every send(), by name: confirm dontroute dontwait eor more nosignal oob; `none` clears nosignal too' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l chunk -d 'At most this many bytes a send(); the length of a datagram' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l rate -d 'Send no more bytes than this a second, on average' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l interval -d 'The least time between two send()s' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l recv-flags -d 'Flags of every recv(), by name: dontwait oob peek trunc waitall' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l recv-chunk -d 'Bytes one recv() asks for, at most 4MiB; a longer datagram is cut [default: 256KiB, of a datagram 512KiB]' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l on-eof -d 'What is done when stdin has ended and all of it was delivered [default: shutdown]' -r -f -a "shutdown\t''
keep\t''
close\t''"
complete -c sock -n "__fish_sock_using_subcommand connect" -l grace -d 'After the peer\'s end, how long stdin may go on without a byte; then code 7 (`inf`: until its end) [default: 5s]' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l quit-after-eof -d 'After stdin\'s end, wait at most this long for the peer\'s; code 0' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l linger -d 'How long close() waits for the peer\'s kernel to have everything, in whole seconds; 0 throws away what it has not and resets the connection (SO_LINGER). It applies to an end in order: every other is a reset' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l idle -d 'End when nothing has moved either way for this time, counted from the connection on; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l timeout -d 'End the run after this time, counted from its start; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l pause -d 'Wait after a stage: resolve socket bind listen accept connect send recv close' -r
complete -c sock -n "__fish_sock_using_subcommand connect" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Everywhere'
never\t'Nowhere'"
complete -c sock -n "__fish_sock_using_subcommand connect" -l progress -d 'A bar on stderr while bytes move or answers are waited for' -r -f -a "auto\t'On a terminal, after 0.3 s, unless payload is read from or shown on one'
always\t'Everywhere; where it is no terminal, or JSON, a line a second'
never\t'Not at all'"
complete -c sock -n "__fish_sock_using_subcommand connect" -l digest -d 'After an end in order, print the digest of what went over the socket on stderr, as sha256sum does: in a conversation first of what was sent, then of what was received; of several FILEs, of each and then of all' -r -f -a "sha256\t''"
complete -c sock -n "__fish_sock_using_subcommand connect" -s 4 -d 'IPv4 only'
complete -c sock -n "__fish_sock_using_subcommand connect" -s 6 -d 'IPv6 only'
complete -c sock -n "__fish_sock_using_subcommand connect" -s n -l numeric -d 'Look no name up: a name is an error'
complete -c sock -n "__fish_sock_using_subcommand connect" -s u -l udp -d 'Datagrams: UDP, or a Unix datagram socket'
complete -c sock -n "__fish_sock_using_subcommand connect" -l seqpacket -d 'Messages over a connection (SOCK_SEQPACKET; Unix sockets only)'
complete -c sock -n "__fish_sock_using_subcommand connect" -l nodelay -d 'Send small segments at once (TCP_NODELAY)'
complete -c sock -n "__fish_sock_using_subcommand connect" -l broadcast -d 'Allow broadcast addresses (SO_BROADCAST)'
complete -c sock -n "__fish_sock_using_subcommand connect" -l mptcp -d 'Multipath TCP (IPPROTO_MPTCP), where the peer speaks it too'
complete -c sock -n "__fish_sock_using_subcommand connect" -l reuse-port -d 'Share the port with others who ask for that too (SO_REUSEPORT)'
complete -c sock -n "__fish_sock_using_subcommand connect" -l freebind -d 'Bind an address that this machine does not have yet (IP_FREEBIND)'
complete -c sock -n "__fish_sock_using_subcommand connect" -l crlf -d 'Send newlines as CR LF; those that have their CR already stay'
complete -c sock -n "__fish_sock_using_subcommand connect" -s v -l verbose -d 'Tell each stage on stderr; twice: each system call'
complete -c sock -n "__fish_sock_using_subcommand connect" -l quiet -d 'Tell errors only'
complete -c sock -n "__fish_sock_using_subcommand connect" -l json -d 'Tell everything as JSON, one object a line'
complete -c sock -n "__fish_sock_using_subcommand connect" -l hex -d 'Dump what is sent (>) and received (<) on stderr, in hexadecimal and as characters'
complete -c sock -n "__fish_sock_using_subcommand connect" -l lines -d 'End what each recv() gives with a newline, unless it has one'
complete -c sock -n "__fish_sock_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sock -n "__fish_sock_using_subcommand probe" -l resolve-timeout -d 'Give up on a name after this time, counted from the question' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l dscp -d 'The service class in every packet (IP_TOS, IPV6_TCLASS): ef, cs0 to cs7, af11 to af43, le, voice-admit, or 0 to 63' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l ttl -d 'Routers a packet may pass, plus one (IP_TTL, IPV6_UNICAST_HOPS)' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l mss -d 'Bytes that a TCP segment carries at most, either way (TCP_MAXSEG)' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l mark -d 'The mark for routing and firewall rules of this machine, also as 0xN (SO_MARK; needs CAP_NET_ADMIN)' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l interface -d 'Only by way of this network interface (SO_BINDTODEVICE)' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l source -d 'The local address, and port, to come from' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -s w -l connect-timeout -d 'Call a port silent after this time, counted from its first SYN [default: 4s for ports named by themselves, 1.3s in ranges and blocks]' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l retry -d 'Ask this many times more where there is no answer' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l ports -d 'The ports of every TARGET that names none' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l targets -d 'Read TARGETs from FILE (`-`: stdin), one a line, as HOST, HOST PORTS or CIDR PORTS; # begins a comment' -r -F
complete -c sock -n "__fish_sock_using_subcommand probe" -l expect -d 'Expect this state of every port: open closed rejected filtered silent unreachable' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l expect-file -d 'Ask what FILE (`-`: stdin) says in rows HOST PORTS STATE, and show only what is other than there' -r -F
complete -c sock -n "__fish_sock_using_subcommand probe" -l wait -d 'Resolve and ask again and again until all is as expected, for at most this time, counted from the start; only the last answers are shown' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l concurrency -d 'Ask at most so many ports at once [default: 1024, or what descriptors allow]' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l max-rate -d 'Make at most so many attempts a second' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l count -d 'Ask so many times (`inf`: until Ctrl-C), a line each, and tell loss and times at the end: min/avg/max/p50/p95/mdev of the handshake, and of the round trip as the kernel measured it' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l interval -d 'The time from one attempt to the next, or until that has its answer [default: 1s]' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l max-loss -d 'Allow this share of the attempts at a port to be other than expected [default: 0]' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l banner-timeout -d 'Stop listening after this time, counted from the handshake [default: 2s]' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l data -d 'Send this first: the text itself, @FILE, hex:..., text:...; with -u instead of the port\'s own query' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l trace-against -d 'Trace, and say what differs from the path of this port of the same host, one that is open' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l timeout -d 'End the run after this time, counted from its start; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l pause -d 'Wait after a stage: resolve socket bind listen accept connect send recv close' -r
complete -c sock -n "__fish_sock_using_subcommand probe" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Everywhere'
never\t'Nowhere'"
complete -c sock -n "__fish_sock_using_subcommand probe" -l progress -d 'A bar on stderr while bytes move or answers are waited for' -r -f -a "auto\t'On a terminal, after 0.3 s, unless payload is read from or shown on one'
always\t'Everywhere; where it is no terminal, or JSON, a line a second'
never\t'Not at all'"
complete -c sock -n "__fish_sock_using_subcommand probe" -s 4 -d 'IPv4 only'
complete -c sock -n "__fish_sock_using_subcommand probe" -s 6 -d 'IPv6 only'
complete -c sock -n "__fish_sock_using_subcommand probe" -s n -l numeric -d 'Look no name up: a name is an error'
complete -c sock -n "__fish_sock_using_subcommand probe" -s u -l udp -d 'Ask with UDP datagrams, in the protocol of the port where that is known (DNS, NTP, SNMP, QUIC, ...); open only if a reply comes. A host that limits its ICMP errors is asked for 20s more (or -w, if that is longer)'
complete -c sock -n "__fish_sock_using_subcommand probe" -l any -d 'With --wait: until one is as expected'
complete -c sock -n "__fish_sock_using_subcommand probe" -l all-addresses -d 'A row for each address of a name, instead of the best of them'
complete -c sock -n "__fish_sock_using_subcommand probe" -l all -d 'Show every row: on a terminal instead of folding many of one state, and with --expect-file also what is as expected'
complete -c sock -n "__fish_sock_using_subcommand probe" -l banner -d 'Wait for an open port to speak: its first line, silence, or that it closes or resets the connection. Of a UDP reply, its first line'
complete -c sock -n "__fish_sock_using_subcommand probe" -l trace -d 'Follow the packets of each port from router to router, and say where they end; at most 16 ports, one after the other'
complete -c sock -n "__fish_sock_using_subcommand probe" -s v -l verbose -d 'Tell each stage on stderr; twice: each system call'
complete -c sock -n "__fish_sock_using_subcommand probe" -l quiet -d 'Tell errors only'
complete -c sock -n "__fish_sock_using_subcommand probe" -l json -d 'Tell everything as JSON, one object a line'
complete -c sock -n "__fish_sock_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sock -n "__fish_sock_using_subcommand completions" -s h -l help -d 'Print help'
complete -c sock -n "__fish_sock_using_subcommand send" -l resolve-timeout -d 'Give up on a name after this time, counted from the question' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l sndbuf -d 'Bytes that may wait in the kernel until the peer has them (SO_SNDBUF); without it the kernel finds out what is best' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l rcvbuf -d 'Bytes that may wait in the kernel until they are read (SO_RCVBUF), and with TCP the window that the peer is offered' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l keepalive -d 'Ask a silent peer after this time, and again as often, whether it is still there (SO_KEEPALIVE; whole seconds)' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l user-timeout -d 'Give a connection up when what was sent is not acknowledged in this time (TCP_USER_TIMEOUT)' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l congestion -d 'Congestion control (TCP_CONGESTION): reno, cubic, bbr, ...' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l dscp -d 'The service class in every packet (IP_TOS, IPV6_TCLASS): ef, cs0 to cs7, af11 to af43, le, voice-admit, or 0 to 63' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l ttl -d 'Routers a packet may pass, plus one (IP_TTL, IPV6_UNICAST_HOPS)' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l mss -d 'Bytes that a TCP segment carries at most, either way (TCP_MAXSEG)' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l mark -d 'The mark for routing and firewall rules of this machine, also as 0xN (SO_MARK; needs CAP_NET_ADMIN)' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l interface -d 'Only by way of this network interface (SO_BINDTODEVICE)' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l multicast -d 'Join this group to hear it (recv -u, listen -u); of who sends to it, the packets leave by --interface. Their reach is --ttl, or 1' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l source -d 'The local address, and port, to come from' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l mode -d 'Permissions of the Unix socket, whatever the umask; who may write to it may connect' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l backlog -d 'Finished handshakes that may wait for accept(); `somaxconn` is the most the kernel allows [default: 128]' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l allow -d 'Only these may come in: an address, a block such as 10.0.0.0/8, a name or a file of them; repeatable' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l deny -d 'These may not come in, whatever --allow says; they get a reset' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l accept-timeout -d 'Give up when no peer has come after this time, counted from the announcement' -r
complete -c sock -n "__fish_sock_using_subcommand send" -s w -l connect-timeout -d 'Give up on an address after this time, counted from its SYN' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l retry -d 'Try again this many times when it fails (`inf`: for ever)' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l retry-interval -d 'The time between two tries' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l send-flags -d 'Flags of every send(), by name: confirm dontroute dontwait eor more nosignal oob; `none` clears nosignal too' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l chunk -d 'At most this many bytes a send(); the length of a datagram' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l rate -d 'Send no more bytes than this a second, on average' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l interval -d 'The least time between two send()s' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l bytes -d 'End after this many bytes of input; fewer is code 7' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l message -d 'Send this instead of stdin, one send() a message: the text itself, @FILE, hex:..., text:...; {n:03} is its number in three digits' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l count -d 'How many messages' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l await-reply -d 'Wait for a reply to each message and write it to stdout; none in this time, counted from the send(), is code 5' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l close-wait -d 'After our end, wait this long for the peer to close, which says that it has everything; silence is code 5. 0 does not ask [default: 5s]' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l recv-flags -d 'Flags of every recv(), by name: dontwait oob peek trunc waitall' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l recv-chunk -d 'Bytes one recv() asks for, at most 4MiB; a longer datagram is cut [default: 256KiB, of a datagram 512KiB]' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l linger -d 'How long close() waits for the peer\'s kernel to have everything, in whole seconds; 0 throws away what it has not and resets the connection (SO_LINGER). It applies to an end in order: every other is a reset' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l idle -d 'End when nothing has moved either way for this time, counted from the connection on; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l timeout -d 'End the run after this time, counted from its start; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l pause -d 'Wait after a stage: resolve socket bind listen accept connect send recv close' -r
complete -c sock -n "__fish_sock_using_subcommand send" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Everywhere'
never\t'Nowhere'"
complete -c sock -n "__fish_sock_using_subcommand send" -l progress -d 'A bar on stderr while bytes move or answers are waited for' -r -f -a "auto\t'On a terminal, after 0.3 s, unless payload is read from or shown on one'
always\t'Everywhere; where it is no terminal, or JSON, a line a second'
never\t'Not at all'"
complete -c sock -n "__fish_sock_using_subcommand send" -l digest -d 'After an end in order, print the digest of what went over the socket on stderr, as sha256sum does: in a conversation first of what was sent, then of what was received; of several FILEs, of each and then of all' -r -f -a "sha256\t''"
complete -c sock -n "__fish_sock_using_subcommand send" -s 4 -d 'IPv4 only'
complete -c sock -n "__fish_sock_using_subcommand send" -s 6 -d 'IPv6 only'
complete -c sock -n "__fish_sock_using_subcommand send" -s n -l numeric -d 'Look no name up: a name is an error'
complete -c sock -n "__fish_sock_using_subcommand send" -s u -l udp -d 'Datagrams: UDP, or a Unix datagram socket'
complete -c sock -n "__fish_sock_using_subcommand send" -l seqpacket -d 'Messages over a connection (SOCK_SEQPACKET; Unix sockets only)'
complete -c sock -n "__fish_sock_using_subcommand send" -l nodelay -d 'Send small segments at once (TCP_NODELAY)'
complete -c sock -n "__fish_sock_using_subcommand send" -l broadcast -d 'Allow broadcast addresses (SO_BROADCAST)'
complete -c sock -n "__fish_sock_using_subcommand send" -l mptcp -d 'Multipath TCP (IPPROTO_MPTCP), where the peer speaks it too'
complete -c sock -n "__fish_sock_using_subcommand send" -l reuse-port -d 'Share the port with others who ask for that too (SO_REUSEPORT)'
complete -c sock -n "__fish_sock_using_subcommand send" -l freebind -d 'Bind an address that this machine does not have yet (IP_FREEBIND)'
complete -c sock -n "__fish_sock_using_subcommand send" -s l -l listen -d 'Wait for the other side instead of dialling'
complete -c sock -n "__fish_sock_using_subcommand send" -l crlf -d 'Send newlines as CR LF; those that have their CR already stay'
complete -c sock -n "__fish_sock_using_subcommand send" -s v -l verbose -d 'Tell each stage on stderr; twice: each system call'
complete -c sock -n "__fish_sock_using_subcommand send" -l quiet -d 'Tell errors only'
complete -c sock -n "__fish_sock_using_subcommand send" -l json -d 'Tell everything as JSON, one object a line'
complete -c sock -n "__fish_sock_using_subcommand send" -l hex -d 'Dump what is sent (>) and received (<) on stderr, in hexadecimal and as characters'
complete -c sock -n "__fish_sock_using_subcommand send" -l lines -d 'End what each recv() gives with a newline, unless it has one'
complete -c sock -n "__fish_sock_using_subcommand send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sock -n "__fish_sock_using_subcommand recv" -l resolve-timeout -d 'Give up on a name after this time, counted from the question' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l sndbuf -d 'Bytes that may wait in the kernel until the peer has them (SO_SNDBUF); without it the kernel finds out what is best' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l rcvbuf -d 'Bytes that may wait in the kernel until they are read (SO_RCVBUF), and with TCP the window that the peer is offered' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l keepalive -d 'Ask a silent peer after this time, and again as often, whether it is still there (SO_KEEPALIVE; whole seconds)' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l user-timeout -d 'Give a connection up when what was sent is not acknowledged in this time (TCP_USER_TIMEOUT)' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l congestion -d 'Congestion control (TCP_CONGESTION): reno, cubic, bbr, ...' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l dscp -d 'The service class in every packet (IP_TOS, IPV6_TCLASS): ef, cs0 to cs7, af11 to af43, le, voice-admit, or 0 to 63' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l ttl -d 'Routers a packet may pass, plus one (IP_TTL, IPV6_UNICAST_HOPS)' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l mss -d 'Bytes that a TCP segment carries at most, either way (TCP_MAXSEG)' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l mark -d 'The mark for routing and firewall rules of this machine, also as 0xN (SO_MARK; needs CAP_NET_ADMIN)' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l interface -d 'Only by way of this network interface (SO_BINDTODEVICE)' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l multicast -d 'Join this group to hear it (recv -u, listen -u); of who sends to it, the packets leave by --interface. Their reach is --ttl, or 1' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l source -d 'The local address, and port, to come from' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l mode -d 'Permissions of the Unix socket, whatever the umask; who may write to it may connect' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l backlog -d 'Finished handshakes that may wait for accept(); `somaxconn` is the most the kernel allows [default: 128]' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l allow -d 'Only these may come in: an address, a block such as 10.0.0.0/8, a name or a file of them; repeatable' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l deny -d 'These may not come in, whatever --allow says; they get a reset' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l accept-timeout -d 'Give up when no peer has come after this time, counted from the announcement' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -s w -l connect-timeout -d 'Give up on an address after this time, counted from its SYN' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l retry -d 'Try again this many times when it fails (`inf`: for ever)' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l retry-interval -d 'The time between two tries' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l recv-flags -d 'Flags of every recv(), by name: dontwait oob peek trunc waitall' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l recv-chunk -d 'Bytes one recv() asks for, at most 4MiB; a longer datagram is cut [default: 256KiB, of a datagram 512KiB]' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -s o -l output -d 'Store in FILE, as FILE.part until the end is clean' -r -F
complete -c sock -n "__fish_sock_using_subcommand recv" -l bytes -d 'End after this many bytes; fewer is code 7' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l count -d 'End after this many datagrams' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l linger -d 'How long close() waits for the peer\'s kernel to have everything, in whole seconds; 0 throws away what it has not and resets the connection (SO_LINGER). It applies to an end in order: every other is a reset' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l idle -d 'End when nothing has moved either way for this time, counted from the connection on; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l timeout -d 'End the run after this time, counted from its start; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l pause -d 'Wait after a stage: resolve socket bind listen accept connect send recv close' -r
complete -c sock -n "__fish_sock_using_subcommand recv" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Everywhere'
never\t'Nowhere'"
complete -c sock -n "__fish_sock_using_subcommand recv" -l progress -d 'A bar on stderr while bytes move or answers are waited for' -r -f -a "auto\t'On a terminal, after 0.3 s, unless payload is read from or shown on one'
always\t'Everywhere; where it is no terminal, or JSON, a line a second'
never\t'Not at all'"
complete -c sock -n "__fish_sock_using_subcommand recv" -l digest -d 'After an end in order, print the digest of what went over the socket on stderr, as sha256sum does: in a conversation first of what was sent, then of what was received; of several FILEs, of each and then of all' -r -f -a "sha256\t''"
complete -c sock -n "__fish_sock_using_subcommand recv" -s 4 -d 'IPv4 only'
complete -c sock -n "__fish_sock_using_subcommand recv" -s 6 -d 'IPv6 only'
complete -c sock -n "__fish_sock_using_subcommand recv" -s n -l numeric -d 'Look no name up: a name is an error'
complete -c sock -n "__fish_sock_using_subcommand recv" -s u -l udp -d 'Datagrams: UDP, or a Unix datagram socket'
complete -c sock -n "__fish_sock_using_subcommand recv" -l seqpacket -d 'Messages over a connection (SOCK_SEQPACKET; Unix sockets only)'
complete -c sock -n "__fish_sock_using_subcommand recv" -l nodelay -d 'Send small segments at once (TCP_NODELAY)'
complete -c sock -n "__fish_sock_using_subcommand recv" -l broadcast -d 'Allow broadcast addresses (SO_BROADCAST)'
complete -c sock -n "__fish_sock_using_subcommand recv" -l mptcp -d 'Multipath TCP (IPPROTO_MPTCP), where the peer speaks it too'
complete -c sock -n "__fish_sock_using_subcommand recv" -l reuse-port -d 'Share the port with others who ask for that too (SO_REUSEPORT)'
complete -c sock -n "__fish_sock_using_subcommand recv" -l freebind -d 'Bind an address that this machine does not have yet (IP_FREEBIND)'
complete -c sock -n "__fish_sock_using_subcommand recv" -s l -l listen -d 'Wait for the other side instead of dialling'
complete -c sock -n "__fish_sock_using_subcommand recv" -l force -d 'Overwrite the FILE.part of an interrupted transfer'
complete -c sock -n "__fish_sock_using_subcommand recv" -s v -l verbose -d 'Tell each stage on stderr; twice: each system call'
complete -c sock -n "__fish_sock_using_subcommand recv" -l quiet -d 'Tell errors only'
complete -c sock -n "__fish_sock_using_subcommand recv" -l json -d 'Tell everything as JSON, one object a line'
complete -c sock -n "__fish_sock_using_subcommand recv" -l hex -d 'Dump what is sent (>) and received (<) on stderr, in hexadecimal and as characters'
complete -c sock -n "__fish_sock_using_subcommand recv" -l lines -d 'End what each recv() gives with a newline, unless it has one'
complete -c sock -n "__fish_sock_using_subcommand recv" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sock -n "__fish_sock_using_subcommand listen" -l resolve-timeout -d 'Give up on a name after this time, counted from the question' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l sndbuf -d 'Bytes that may wait in the kernel until the peer has them (SO_SNDBUF); without it the kernel finds out what is best' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l rcvbuf -d 'Bytes that may wait in the kernel until they are read (SO_RCVBUF), and with TCP the window that the peer is offered' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l keepalive -d 'Ask a silent peer after this time, and again as often, whether it is still there (SO_KEEPALIVE; whole seconds)' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l user-timeout -d 'Give a connection up when what was sent is not acknowledged in this time (TCP_USER_TIMEOUT)' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l congestion -d 'Congestion control (TCP_CONGESTION): reno, cubic, bbr, ...' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l dscp -d 'The service class in every packet (IP_TOS, IPV6_TCLASS): ef, cs0 to cs7, af11 to af43, le, voice-admit, or 0 to 63' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l ttl -d 'Routers a packet may pass, plus one (IP_TTL, IPV6_UNICAST_HOPS)' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l mss -d 'Bytes that a TCP segment carries at most, either way (TCP_MAXSEG)' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l mark -d 'The mark for routing and firewall rules of this machine, also as 0xN (SO_MARK; needs CAP_NET_ADMIN)' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l interface -d 'Only by way of this network interface (SO_BINDTODEVICE)' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l multicast -d 'Join this group to hear it (recv -u, listen -u); of who sends to it, the packets leave by --interface. Their reach is --ttl, or 1' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l mode -d 'Permissions of the Unix socket, whatever the umask; who may write to it may connect' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l backlog -d 'Finished handshakes that may wait for accept(); `somaxconn` is the most the kernel allows [default: 128]' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l allow -d 'Only these may come in: an address, a block such as 10.0.0.0/8, a name or a file of them; repeatable' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l deny -d 'These may not come in, whatever --allow says; they get a reset' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l accept-timeout -d 'Give up when no peer has come after this time, counted from the announcement' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l max-clients -d 'So many peers at the same time, of those that are served; others wait in the queue [default: 100 with a command, else as descriptors allow]' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l drain -d 'After TERM or HUP, let the peers that are served finish for this time; then, or at a second signal, end them [default: 5s]' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l reply -d 'Print what comes and answer every recv() with TEXT' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l generate -d 'Send this many bytes of a fixed pattern (RFC 864), then end in order; what comes is read and thrown away' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l sh -d 'As -- /bin/sh -c CMD' -r -f -a "(__fish_complete_command)"
complete -c sock -n "__fish_sock_using_subcommand listen" -l send-flags -d 'Flags of every send(), by name: confirm dontroute dontwait eor more nosignal oob; `none` clears nosignal too' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l chunk -d 'At most this many bytes a send(); the length of a datagram' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l rate -d 'Send no more bytes than this a second, on average' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l interval -d 'The least time between two send()s' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l recv-flags -d 'Flags of every recv(), by name: dontwait oob peek trunc waitall' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l recv-chunk -d 'Bytes one recv() asks for, at most 4MiB; a longer datagram is cut [default: 256KiB, of a datagram 512KiB]' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l on-eof -d 'What is done when stdin has ended and all of it was delivered [default: shutdown]' -r -f -a "shutdown\t''
keep\t''
close\t''"
complete -c sock -n "__fish_sock_using_subcommand listen" -l grace -d 'After the peer\'s end, how long stdin may go on without a byte; then code 7 (`inf`: until its end) [default: 5s]' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l quit-after-eof -d 'After stdin\'s end, wait at most this long for the peer\'s; code 0' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l linger -d 'How long close() waits for the peer\'s kernel to have everything, in whole seconds; 0 throws away what it has not and resets the connection (SO_LINGER). It applies to an end in order: every other is a reset' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l idle -d 'End when nothing has moved either way for this time, counted from the connection on; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l timeout -d 'End the run after this time, counted from its start; code 124' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l pause -d 'Wait after a stage: resolve socket bind listen accept connect send recv close' -r
complete -c sock -n "__fish_sock_using_subcommand listen" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Everywhere'
never\t'Nowhere'"
complete -c sock -n "__fish_sock_using_subcommand listen" -l progress -d 'A bar on stderr while bytes move or answers are waited for' -r -f -a "auto\t'On a terminal, after 0.3 s, unless payload is read from or shown on one'
always\t'Everywhere; where it is no terminal, or JSON, a line a second'
never\t'Not at all'"
complete -c sock -n "__fish_sock_using_subcommand listen" -l digest -d 'After an end in order, print the digest of what went over the socket on stderr, as sha256sum does: in a conversation first of what was sent, then of what was received; of several FILEs, of each and then of all' -r -f -a "sha256\t''"
complete -c sock -n "__fish_sock_using_subcommand listen" -s 4 -d 'IPv4 only'
complete -c sock -n "__fish_sock_using_subcommand listen" -s 6 -d 'IPv6 only'
complete -c sock -n "__fish_sock_using_subcommand listen" -s n -l numeric -d 'Look no name up: a name is an error'
complete -c sock -n "__fish_sock_using_subcommand listen" -s u -l udp -d 'Datagrams: UDP, or a Unix datagram socket'
complete -c sock -n "__fish_sock_using_subcommand listen" -l seqpacket -d 'Messages over a connection (SOCK_SEQPACKET; Unix sockets only)'
complete -c sock -n "__fish_sock_using_subcommand listen" -l nodelay -d 'Send small segments at once (TCP_NODELAY)'
complete -c sock -n "__fish_sock_using_subcommand listen" -l broadcast -d 'Allow broadcast addresses (SO_BROADCAST)'
complete -c sock -n "__fish_sock_using_subcommand listen" -l mptcp -d 'Multipath TCP (IPPROTO_MPTCP), where the peer speaks it too'
complete -c sock -n "__fish_sock_using_subcommand listen" -l reuse-port -d 'Share the port with others who ask for that too (SO_REUSEPORT)'
complete -c sock -n "__fish_sock_using_subcommand listen" -l freebind -d 'Bind an address that this machine does not have yet (IP_FREEBIND)'
complete -c sock -n "__fish_sock_using_subcommand listen" -s k -l keep-open -d 'Go on with the next peer; the listener is never closed in between'
complete -c sock -n "__fish_sock_using_subcommand listen" -l echo -d 'Send back what comes'
complete -c sock -n "__fish_sock_using_subcommand listen" -l discard -d 'Read what comes, and throw it away'
complete -c sock -n "__fish_sock_using_subcommand listen" -l crlf -d 'Send newlines as CR LF; those that have their CR already stay'
complete -c sock -n "__fish_sock_using_subcommand listen" -s v -l verbose -d 'Tell each stage on stderr; twice: each system call'
complete -c sock -n "__fish_sock_using_subcommand listen" -l quiet -d 'Tell errors only'
complete -c sock -n "__fish_sock_using_subcommand listen" -l json -d 'Tell everything as JSON, one object a line'
complete -c sock -n "__fish_sock_using_subcommand listen" -l hex -d 'Dump what is sent (>) and received (<) on stderr, in hexadecimal and as characters'
complete -c sock -n "__fish_sock_using_subcommand listen" -l lines -d 'End what each recv() gives with a newline, unless it has one'
complete -c sock -n "__fish_sock_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
