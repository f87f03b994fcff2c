/** Five stacks in one process: three routers between two hosts, and a traceroute through them, in both families. */
import { createStack, type Device, memoryWire, type SocketError } from 'vitrine';

const wires = Array.from({ length: 4 }, () => memoryWire());
const [left, right] = [wires.map(([end]) => end), wires.map(([, end]) => end)];

// Network n lies between stack n and stack n + 1; the left one is .1 there, the right one .2.
const alice = await createStack({ device: left[0] as Device, addresses: ['10.0.1.1/24', 'fd00:1::1/64'] });
await createStack({ device: right[3] as Device, addresses: ['10.0.4.2/24', 'fd00:4::2/64'] });
for (const number of [1, 2, 3]) {
  await createStack({
    forwarding: true,
    interfaces: [
      { device: right[number - 1] as Device, addresses: [`10.0.${number}.2/24`, `fd00:${number}::2/64`] },
      { device: left[number] as Device, addresses: [`10.0.${number + 1}.1/24`, `fd00:${number + 1}::1/64`] },
    ],
    routes: [
      ...toward(number > 1 ? [1, number - 1] : [], `10.0.${number}.1`, `fd00:${number}::1`),
      ...toward(number < 3 ? [number + 2, 4] : [], `10.0.${number + 1}.2`, `fd00:${number + 1}::2`),
    ],
  });
}

for (const host of ['10.0.4.2', 'fd00:4::2']) {
  console.log(`traceroute to ${host}`);
  for (let ttl = 1, from = ''; from !== host; ttl++) {
    from = await hop(host, ttl);
    console.log(`${ttl}  ${from}`);
  }
}

/** Who answers a request that may go so far: the host, or the router where it has to stop. */
async function hop(host: string, ttl: number): Promise<string> {
  try {
    return (await alice.ping(host, { ttl })).address;
  } catch (error) {
    return (error as SocketError & { from: string }).from;
  }
}

/** Routes to the networks from the first to the last of `range`. */
function toward([first = 1, last = 0]: number[], via4: string, via6: string): { to: string; via: string }[] {
  const routes = [];
  for (let network = first; network <= last; network++) {
    routes.push({ to: `10.0.${network}.0/24`, via: via4 }, { to: `fd00:${network}::/64`, via: via6 });
  }
  return routes;
}
