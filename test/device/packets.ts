/**
 * Packets for tests of devices: an IPv4 UDP datagram, an ICMP echo, a TCP segment. RFC 791, 768, 792, 9293.
 * Not for: the header formats themselves (`host/packet`).
 */

/** A datagram with good checksums; with `partial` its own holds only the pseudo-header's sum. */
export function udp(
  source: string,
  destination: string,
  ports: [number, number],
  payload: Uint8Array,
  partial = false,
) {
  const body = Buffer.alloc(8 + payload.length);
  body.writeUInt16BE(ports[0], 0);
  body.writeUInt16BE(ports[1], 2);
  body.writeUInt16BE(body.length, 4);
  body.set(payload, 8);
  return withChecksum(source, destination, 17, body, 6, partial);
}

/** A segment with the ACK and PSH bits. */
export function tcp(
  source: string,
  destination: string,
  ports: [number, number],
  payload: Uint8Array,
  partial = false,
  { seq, ack } = { seq: 1, ack: 1 },
) {
  const body = Buffer.alloc(20 + payload.length);
  body.writeUInt16BE(ports[0], 0);
  body.writeUInt16BE(ports[1], 2);
  body.writeUInt32BE(seq, 4);
  body.writeUInt32BE(ack, 8);
  body[12] = 5 << 4;
  body[13] = 0x18;
  body.writeUInt16BE(65535, 14);
  body.set(payload, 20);
  return withChecksum(source, destination, 6, body, 16, partial);
}

export function echoRequest(source: string, destination: string, sequence: number, payload: Uint8Array) {
  const body = Buffer.alloc(8 + payload.length);
  body[0] = 8;
  body.writeUInt16BE(0x1234, 4);
  body.writeUInt16BE(sequence, 6);
  body.set(payload, 8);
  body.writeUInt16BE(checksum(body), 2);
  return ipv4(source, destination, 1, body);
}

/** RFC 1071. */
export function checksum(bytes: Uint8Array, sum = 0): number {
  let total = sum;
  for (let at = 0; at < bytes.length; at++) total += (bytes[at] as number) << (at % 2 === 0 ? 8 : 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}

function ipv4(source: string, destination: string, protocol: number, body: Uint8Array): Uint8Array {
  const packet = Buffer.alloc(20 + body.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = protocol;
  packet.set(octets(source), 12);
  packet.set(octets(destination), 16);
  packet.writeUInt16BE(checksum(packet.subarray(0, 20)), 10);
  packet.set(body, 20);
  return new Uint8Array(packet);
}

function withChecksum(
  source: string,
  destination: string,
  protocol: number,
  body: Buffer,
  field: number,
  partial: boolean,
): Uint8Array {
  const pseudo = Uint8Array.of(
    ...octets(source),
    ...octets(destination),
    0,
    protocol,
    body.length >> 8,
    body.length & 255,
  );
  const sum = ~checksum(pseudo) & 0xffff;
  body.writeUInt16BE(partial ? sum : checksum(body, sum), field);
  return ipv4(source, destination, protocol, body);
}

function octets(address: string): number[] {
  return address.split('.').map(Number);
}
