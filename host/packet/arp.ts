/** ARP packets for IPv4 on Ethernet, RFC 826. Not for: other hardware. */
import { hardwareAddressAt, ipv4AddressAt, uint16At } from './bytes.js';

export interface ArpPacket {
  /** 1 is a request, 2 a reply. */
  operation: number;
  senderHardware: string;
  senderAddress: string;
  targetHardware: string;
  targetAddress: string;
}

/** @returns what is wrong, as a string, when it is no ARP packet for IPv4 on Ethernet */
export function decodeArp(bytes: Uint8Array): ArpPacket | string {
  if (bytes.length < SIZE) return `${bytes.length} bytes are too few for an ARP packet`;
  const [hardware, protocol, lengths] = [uint16At(bytes, 0), uint16At(bytes, 2), uint16At(bytes, 4)];
  if (hardware !== 1 || protocol !== 0x0800 || lengths !== 0x0604) {
    return `ARP of hardware ${hardware} for protocol 0x${protocol.toString(16)}`;
  }
  return {
    operation: uint16At(bytes, 6),
    senderHardware: hardwareAddressAt(bytes, 8),
    senderAddress: ipv4AddressAt(bytes, 14),
    targetHardware: hardwareAddressAt(bytes, 18),
    targetAddress: ipv4AddressAt(bytes, 24),
  };
}

const SIZE = 28;
