/** Who takes part, and the devices they run on. Data only; what a peer needs is in `../peers/index.mjs`. */

export const STACKS = {
  raw: 'raw: C',
  noderaw: 'noderaw: Node',
  node: 'Node on the kernel',
  vitrine: 'vitrine',
  lwip: 'lwIP, C',
  gvisor: 'gVisor netstack, Go',
  kernel: 'kernel, veth',
  iperf3: 'iperf3 on it, veth',
};

/** Whom all are compared with, where they take part. */
export const REFERENCES = ['noderaw', 'raw', 'node'];

/** Devices: a TUN device with the MTU, with `offload` also VNET_HDR and TSO. */
export const PLAIN = { mtu: 1500 };
export const LARGE = { mtu: 65000 };
export const OFFLOAD = { mtu: 1500, offload: true };
/** No TUN: a pair of Ethernet devices of the kernel, the stack's end in a namespace of its own. */
export const VETH = { mtu: 1500, veth: true };

/** @returns the same device for each of these stacks. */
export const each = (device, ...names) => Object.fromEntries(names.map((name) => [name, device]));
