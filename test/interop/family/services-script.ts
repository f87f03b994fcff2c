/**
 * What `services.test.ts` runs in a namespace: a stack that is told nothing, on a link with dnsmasq (DHCP, names) and radvd.
 *
 *   services-script.ts CAPTURE
 */
import { writeFileSync } from 'node:fs';
import { pcap } from '../../../host/device/pcap.js';
import { tap } from '../../../host/device/tap.js';
import { createStack } from '../../../host/stack/stack.js';
import { until } from '../../kit/wait.js';
import { Machine } from './machine.js';
import { play, within } from './steps.js';

const [, , capture = ''] = process.argv;
const BIG = Array.from({ length: 12 }, (_, index) => `${index}`.padStart(200, '.'));

const server = Machine.create('server');
const device = tap();
server.take(device, { addresses: ['10.7.0.1/24', 'fd00:7::1/64', 'fe80::1/64'] });
const dnsmasq = server.start([
  ...['dnsmasq', '--no-daemon', '--conf-file=/dev/null', '--user=root', '--pid-file=', '--log-dhcp', '--log-queries'],
  ...[`--interface=${device.name}`, '--bind-interfaces', '--no-resolv', '--no-hosts', '--local=/test/'],
  ...['--dhcp-range=10.7.0.50,10.7.0.60,2m', '--dhcp-leasefile=/run/leases', '--dhcp-option=58,3i', '--no-ping'],
  ...['--host-record=host.test,10.7.0.9,fd00:7::9', '--cname=alias.test,host.test', `--txt-record=big.test,${BIG}`],
]);
await dnsmasq.said(/started/);
writeFileSync(
  '/run/radvd.conf',
  `interface ${device.name} {
    AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 600;
    prefix fd00:7::/64 { AdvPreferredLifetime 1200; AdvValidLifetime 1800; };
    RDNSS fd00:7::1 { AdvRDNSSLifetime 300; };
  };`,
);
server.start(['radvd', '-n', '-C', '/run/radvd.conf', '-p', '/run/radvd.pid', '-m', 'stderr', '-u', 'root']);

// dnsmasq looks up the name of the interface that something came over: it has to be there when the release is read.
device.close = () => {};

const stack = await createStack({
  interfaces: [{ device: pcap(device, { path: capture }), dhcp: true, ipv6: { autoconfigure: true } }],
});

await play({
  'an address by DHCP': async () => {
    await within(
      15_000,
      'a lease',
      until(() => leased() !== undefined),
    );
    return { ...leased(), answers: await answers(leased()?.address) };
  },
  'a route by DHCP': async () =>
    stack.network.routes().filter(({ to, via }) => to === '0.0.0.0/0' && via !== undefined),
  'an address by SLAAC': async () => {
    await within(
      12_000,
      'an address',
      until(() => advertised() !== undefined),
    );
    return { ...advertised(), answers: await answers(advertised()?.address) };
  },
  'a route by SLAAC': async () => stack.network.routes().filter(({ to, via }) => to === '::/0' && via !== undefined),
  'name servers': async () => stack.resolver.servers.map(({ address }) => address),
  'A and AAAA': () => stack.resolver.lookup('host.test', { all: true }),
  CNAME: async () => [
    await stack.resolver.query('alias.test', 'CNAME'),
    await stack.resolver.lookup('alias.test', { family: 4 }),
  ],
  NXDOMAIN: () =>
    stack.resolver.lookup('none.test').then(
      () => 'found',
      (error) => error.code,
    ),
  'truncated TXT': async () => {
    const [record] = await stack.resolver.query('big.test', 'TXT');
    const parts = [record?.data].flat().map((part) => Buffer.from(part as Uint8Array).toString('latin1'));
    return parts.join('') === BIG.join('');
  },
  'a renewal': async () => {
    await within(
      10_000,
      'a renewal',
      until(() => (dnsmasq.output.match(/DHCPACK/g) ?? []).length >= 2),
    );
    return answers(leased()?.address);
  },
  'released at the end': async () => {
    stack.close();
    await within(
      5000,
      'a release',
      until(() => /DHCPRELEASE/.test(dnsmasq.output)),
    );
    return true;
  },
});
await server.stop();
process.exit();

function leased() {
  return stack.network.addresses().find(({ address, tentative }) => address.startsWith('10.7.0.') && !tentative);
}

function advertised() {
  return stack.network
    .addresses()
    .find(({ address, automatic, tentative }) => address.startsWith('fd00:7::') && automatic && !tentative);
}

async function answers(address = ''): Promise<boolean> {
  return (await server.run(['ping', '-n', '-c', '1', '-W', '2', address])).code === 0;
}
