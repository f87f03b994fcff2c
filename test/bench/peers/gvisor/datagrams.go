// Datagrams: a sink that counts and a source that sends what it is told, with the words of ../../native/kudp.c.
package main

import (
	"encoding/binary"
	"log"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func listenUDP(s *stack.Stack, address tcpip.FullAddress, port uint16) *gonet.UDPConn {
	address.Port = port
	socket, err := gonet.DialUDP(s, &address, nil, ipv4.ProtocolNumber)
	if err != nil {
		log.Fatal(err)
	}
	return socket
}

func countDatagrams(socket *gonet.UDPConn) {
	received := uint64(0)
	for buffer := make([]byte, 2048); ; {
		length, from, err := socket.ReadFrom(buffer)
		if err != nil {
			log.Fatal(err)
		}
		if length != 1 {
			received++
			continue
		}
		answer := make([]byte, 8)
		binary.LittleEndian.PutUint64(answer, received)
		_, _ = socket.WriteTo(answer, from)
	}
}

func sendDatagrams(socket *gonet.UDPConn) {
	for wanted := make([]byte, 8); ; {
		if _, from, err := socket.ReadFrom(wanted); err == nil {
			data := make([]byte, binary.LittleEndian.Uint32(wanted))
			end := time.Now().Add(time.Duration(binary.LittleEndian.Uint32(wanted[4:])) * time.Millisecond)
			for time.Now().Before(end) {
				for i := 0; i < 64; i++ {
					_, _ = socket.WriteTo(data, from)
				}
			}
		}
	}
}
