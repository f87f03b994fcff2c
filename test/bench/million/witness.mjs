/**
 * What the packet twin, which shares nothing with the core or with the crowd, says of a packet.
 * @param {Function} decodePacket of `host/packet/`
 * @returns {(bytes: Uint8Array) => string | undefined} what is wrong
 */
export function witnessOf(decodePacket) {
  return (bytes) => {
    const packet = decodePacket(bytes);
    if (packet.kind !== 'tcp') return `the packet twin reads it as ${packet.kind}`;
    return packet.tcp.checksumCorrect && packet.ip.checksumCorrect
      ? undefined
      : 'the packet twin finds a wrong checksum';
  };
}
