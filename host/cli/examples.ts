/** What stands below the help of a command: command lines that work as they are. */

export const EXAMPLES = `
Examples:
  vitrine demo
  sudo vitrine serve ~/public --pcap serve.pcapng      then, elsewhere: curl http://10.9.0.2/
  sudo vitrine serve ~/public --tls                    over TLS 1.3, with a certificate made on the fly
  sudo vitrine get http://10.9.0.1:8000/file -o file   from a server on this machine: python3 -m http.server
  sudo vitrine ping 10.9.0.1 --weather loss=10%,delay=50ms
  sudo vitrine nc -l 7000                              then, elsewhere: nc 10.9.0.2 7000

A device needs root, a network namespace of your own (unshare -Urn), or one that root has made for you:
  sudo ip tuntap add dev vitrine0 mode tun user $USER
  vitrine serve --tun vitrine0`;

export const SERVE_EXAMPLES = `
Examples:
  sudo vitrine serve ~/public
  sudo vitrine serve . --port 8080 --weather loss=1%,delay=20ms
  sudo vitrine serve . --tls --ca-out ca.pem            then, elsewhere: curl --cacert ca.pem https://10.9.0.2/
  sudo vitrine serve . --cert chain.pem --key key.pem --pcap serve.pcapng --pcap-keys
  sudo vitrine serve . --workers 4                      on four cores
  sudo vitrine serve . --address 10.8.0.2/24 --kernel-address 10.8.0.1/24 --pcap serve.pcapng`;

export const GET_EXAMPLES = `
Examples:
  sudo vitrine get http://10.9.0.1:8000/ | head
  sudo vitrine get http://10.9.0.1:8000/big.iso -o big.iso --pcap get.pcapng
  sudo vitrine get https://10.9.0.1:8443/ --cacert ca.pem
  sudo vitrine get https://10.9.0.1:8443/ --cacert ca.pem --servername server.test --keylog keys.log

It ends with 1 when the server is not verified, unless --insecure is given.`;

export const PACKETSCRIPT_EXAMPLES = `
Examples:
  vitrine packetscript handshake.pkt --mode exact --verbose
  vitrine packetscript scripts/tcp
  vitrine packetscript tcp-testsuite/state-event-engine --profile freebsd

It ends with 1 when a script fails or can't be read. What there is not yet (UDP, IPv6) is unsupported, not failed.
The language, the modes and the profiles: host/packetscript/README.md`;

export const PING_EXAMPLES = `
Examples:
  sudo vitrine ping 10.9.0.1 -c 5
  sudo vitrine ping 10.9.0.1 -i 0.2 --weather loss=20%,jitter=10ms,delay=30ms
  sudo vitrine ping 10.9.0.1 -c 1 -s 65507              one request in 45 fragments

It ends with 1 when no reply came.`;

export const TRACEROUTE_EXAMPLES = `
Examples:
  sudo vitrine traceroute 192.0.2.1 --route default=10.9.0.1
  sudo vitrine traceroute 192.0.2.1 --route default=10.9.0.1 -q 1 -m 5 -w 0.5

A hop that says nothing is a star. Behind the time of a hop that can't pass packets on stands why:
!N no network, !H no host, !P no protocol, !X forbidden, !F too large.`;

export const NC_EXAMPLES = `
Examples:
  sudo vitrine nc 10.9.0.1 7000 < file                 sends, half-closes, prints what comes back
  sudo vitrine nc -l 7000 > file                       one connection; -k: one after the other
  sudo vitrine nc -l 7443 --tls --ca-out ca.pem        with a certificate made on the fly
  sudo vitrine nc 10.9.0.1 7443 --tls --cacert ca.pem
  sudo vitrine nc -u -w 1 10.9.0.1 7000 < file         a datagram for each chunk
  sudo vitrine nc -z -w 1 10.9.0.1 20-25               which ports are open?

It ends with 1 when nothing could be connected to.`;

export const SHOW_EXAMPLES = `
Examples:
  sudo vitrine show
  sudo vitrine show --tap vitrine0 --dhcp --wait 8      what a DHCP server and a router on that link give
  sudo vitrine show --tap vitrine0 --address 10.9.0.2/24 --route default=10.9.0.1`;

export const DIG_EXAMPLES = `
Examples:
  sudo vitrine dig @10.9.0.1 example.com AAAA
  sudo vitrine dig @10.9.0.1 example.com MX +short
  sudo vitrine dig -x 10.9.0.1

Without @server the first of --dns is asked, else the kernel's address. It ends with 1 when no server answers.`;
