// A link endpoint on a TUN device with VNET_HDR and TSO: a packet of up to 64 KiB each way in one system call.
package main

import (
	"encoding/binary"
	"log"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/bufferv2"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

type offload struct {
	fd         int
	mtu        uint32
	dispatcher stack.NetworkDispatcher
}

func newOffload(fd int, mtu uint32) *offload { return &offload{fd: fd, mtu: mtu} }

func (o *offload) MTU() uint32                  { return o.mtu }
func (*offload) MaxHeaderLength() uint16        { return 0 }
func (*offload) LinkAddress() tcpip.LinkAddress { return "" }
func (*offload) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityRXChecksumOffload
}
func (o *offload) IsAttached() bool                      { return o.dispatcher != nil }
func (*offload) Wait()                                   {}
func (*offload) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareNone }
func (*offload) AddHeader(stack.PacketBufferPtr)         {}
func (*offload) GSOMaxSize() uint32                      { return 65535 }
func (*offload) SupportedGSO() stack.SupportedGSO        { return stack.HostGSOSupported }

func (o *offload) Attach(dispatcher stack.NetworkDispatcher) {
	o.dispatcher = dispatcher
	if dispatcher != nil {
		go o.receive()
	}
}

// A small packet, an ACK as a rule, moves to a buffer of its size, and the large one is read into again.
func (o *offload) receive() {
	var vnet [vnetHeader]byte
	large := bufferv2.NewViewSize(packet)
	for {
		length, err := unix.Readv(o.fd, [][]byte{vnet[:], large.AsSlice()})
		if err == unix.EAGAIN {
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(o.fd), Events: unix.POLLIN}}, -1)
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		view := large
		if length -= vnetHeader; length <= small {
			view = bufferv2.NewViewWithData(large.AsSlice()[:length])
		} else {
			view.CapLength(length)
			large = bufferv2.NewViewSize(packet)
		}
		received := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: bufferv2.MakeWithView(view)})
		o.dispatcher.DeliverNetworkPacket(header.IPv4ProtocolNumber, received)
		received.DecRef()
	}
}

func (o *offload) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	sent := 0
	for _, one := range packets.AsSlice() {
		if _, err := unix.Writev(o.fd, append([][]byte{vnetOf(one)}, one.AsSlices()...)); err != nil {
			return sent, &tcpip.ErrNoBufferSpace{}
		}
		sent++
	}
	return sent, nil
}

// struct virtio_net_hdr of linux/virtio_net.h, ten bytes, in the machine's order.
func vnetOf(one stack.PacketBufferPtr) []byte {
	bytes := make([]byte, vnetHeader)
	options := one.GSOOptions
	if options.NeedsCsum {
		bytes[0] = needsChecksum
		binary.LittleEndian.PutUint16(bytes[6:], options.L3HdrLen)
		binary.LittleEndian.PutUint16(bytes[8:], options.CsumOffset)
	}
	if options.Type == stack.GSOTCPv4 && one.Data().Size() > int(options.MSS) {
		bytes[1] = gsoTCPv4
		binary.LittleEndian.PutUint16(bytes[2:], uint16(one.HeaderSize()))
		binary.LittleEndian.PutUint16(bytes[4:], options.MSS)
	}
	return bytes
}

const (
	vnetHeader    = 10
	needsChecksum = 1
	gsoTCPv4      = 1
	packet        = 65536
	small         = 2048
)
