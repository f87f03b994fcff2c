/**
 * A throwaway certificate and key for the bench; nobody may trust it. Made by
 *
 *   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /O=Vitrine/CN=bench \
 *     -addext subjectAltName=DNS:bench.test
 */
export const NAME = 'bench.test';

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBsjCCAVigAwIBAgIUMIOhm2eZfN98jyAZO+maaQGZwdMwCgYIKoZIzj0EAwIw
IjEQMA4GA1UECgwHVml0cmluZTEOMAwGA1UEAwwFYmVuY2gwIBcNMjYxMTI3MDAw
MzQzWhgPMjEyNjExMDMwMDAzNDNaMCIxEDAOBgNVBAoMB1ZpdHJpbmUxDjAMBgNV
BAMMBWJlbmNoMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAEwKUsu/wmKlwqOF
0SQOHxiV1anUrye1e4hh3ATft1Iok9SSBarum1Hp0MaikvWqC/ZiMEAO8q2IuUNj
B3L9uKNqMGgwHQYDVR0OBBYEFLFgZBtAJeaE2t97kAZ+22m5s3Z0MB8GA1UdIwQY
MBaAFLFgZBtAJeaE2t97kAZ+22m5s3Z0MA8GA1UdEwEB/wQFMAMBAf8wFQYDVR0R
BA4wDIIKYmVuY2gudGVzdDAKBggqhkjOPQQDAgNIADBFAiBGQ4/aJRdKyEo+6gGD
7vI4Tw9UjsDrFynhcMeHgOC9ZwIhAJFJTyRAu3r9Wd6PHr3bRDaczXHK7NdesZ03
5lR/6y6y
-----END CERTIFICATE-----
`;

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGAJUdBCpUrJ3mSFM
wqwHp+dMceQ1juMEP+KKfbsIid2hRANCAAQATApSy7/CYqXCo4XRJA4fGJXVqdSv
J7V7iGHcBN+3UiiT1JIFqu6bUenQxqKS9aoL9mIwQA7yrYi5Q2MHcv24
-----END PRIVATE KEY-----
`;
