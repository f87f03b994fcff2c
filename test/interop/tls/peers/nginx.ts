/** nginx, which serves files and takes uploads by PUT. */
import { writeFileSync } from 'node:fs';
import { KERNEL } from '../../addresses.js';
import type { Peer } from '../peer.js';

export const nginx: Peer = {
  name: 'nginx',
  groups: ['X25519', 'P-256', 'P-384'],
  keys: ['p256', 'p384', 'rsa', 'ed25519'],
  alpn: true,

  /** Its ALPN is what HTTP needs: `http/1.1`. */
  server: (files, { port, key, mutual }) => {
    const path = files.path(`nginx.${port}`);
    writeFileSync(
      path,
      `daemon off; master_process off; pid ${path}.pid; error_log stderr;
events {}
http {
  access_log off; client_max_body_size 0; client_body_temp_path ${path}.body; root ${files.directory};
  proxy_temp_path ${path}.1; fastcgi_temp_path ${path}.2; uwsgi_temp_path ${path}.3; scgi_temp_path ${path}.4;
  server {
    listen ${KERNEL}:${port} ssl;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519:P-256:P-384; ssl_session_cache shared:one:1m;
    ssl_certificate ${files.path(`${key}.pem`)}; ssl_certificate_key ${files.path(`${key}.key`)};
    ${mutual ? `ssl_verify_client on; ssl_client_certificate ${files.path('ca.pem')};` : ''}
    location /upload/ { dav_methods PUT; }
  }
}
`,
    );
    return { program: 'nginx', args: ['-c', path] };
  },
  serves: { upload: 'put', large: '/large', group: false },
};
