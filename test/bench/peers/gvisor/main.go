// gvisor: gVisor's netstack as Debian packages it (golang-gvisor-gvisor-dev), on the TUN device at descriptor 3. Ports:
// 5001 sink, 5002 source, 5003 echo; of datagrams 5007 sink, 5008 source (datagrams.go). With TUN_OFFLOAD=1 the device is ours (offload.go): the package's own
// endpoint has no segmentation offload on a TUN.
//
//	gvisor ADDRESS
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

func main() {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		log.Fatal(err)
	}
	address := tcpip.FullAddress{NIC: 1, Addr: tcpip.Address(net.ParseIP(os.Args[1]).To4())}
	s := newStack(address.Addr)
	serve(s, address, 5001, func(c net.Conn) { _, _ = io.CopyBuffer(onlyWriter{}, onlyReader{c}, make([]byte, 32<<10)) })
	serve(s, address, 5002, func(c net.Conn) {
		for block := make([]byte, 256<<10); ; {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	})
	serve(s, address, 5003, func(c net.Conn) { _, _ = io.CopyBuffer(c, onlyReader{c}, make([]byte, 2048)) })
	go countDatagrams(listenUDP(s, address, 5007))
	go sendDatagrams(listenUDP(s, address, 5008))
	fmt.Println("ready")
	select {}
}

func newStack(address tcpip.Address) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	sack := tcpip.TCPSACKEnabled(true)
	cubic := tcpip.CongestionControlOption("cubic")
	tuned := tcpip.TCPModerateReceiveBufferOption(true)
	for _, option := range []tcpip.SettableTransportProtocolOption{&sack, &cubic, &tuned} {
		must(s.SetTransportProtocolOption(tcp.ProtocolNumber, option))
	}
	must(s.CreateNIC(1, openDevice()))
	own := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: address.WithPrefix()}
	must(s.AddProtocolAddress(1, own, stack.AddressProperties{}))
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	return s
}

func openDevice() stack.LinkEndpoint {
	mtu, _ := strconv.Atoi(os.Getenv("TUN_MTU"))
	if os.Getenv("TUN_OFFLOAD") == "1" {
		return newOffload(3, uint32(mtu))
	}
	device, err := fdbased.New(&fdbased.Options{FDs: []int{3}, MTU: uint32(mtu), PacketDispatchMode: fdbased.Readv})
	if err != nil {
		log.Fatal(err)
	}
	return device
}

func serve(s *stack.Stack, address tcpip.FullAddress, port uint16, handle func(net.Conn)) {
	address.Port = port
	listener, err := gonet.ListenTCP(s, address, ipv4.ProtocolNumber)
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				log.Fatal(err)
			}
			go func() {
				handle(c)
				_ = c.Close()
			}()
		}
	}()
}

// onlyReader and onlyWriter hide the other methods, by which io.CopyBuffer would pass the buffer by.
type onlyReader struct{ io.Reader }

type onlyWriter struct{}

func (onlyWriter) Write(bytes []byte) (int, error) { return len(bytes), nil }

func must(err tcpip.Error) {
	if err != nil {
		log.Fatal(err)
	}
}
