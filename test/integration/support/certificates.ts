import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files for mutual TLS, valid for a day. */
export interface Certificates {
  /** The certificate of the authority that signed the broker's and the client's. */
  readonly ca: string;
  /** The broker's private key and certificate in one file, for `localhost` and 127.0.0.1. */
  readonly serverKeystore: string;
  /** The client's private key. */
  readonly clientKey: string;
  readonly clientCertificate: string;
  /** The certificate of an authority that signed nothing here. */
  readonly otherCa: string;
  /** A client's private key whose certificate the broker does not trust. */
  readonly otherClientKey: string;
  /** A client's certificate that the other authority signed. */
  readonly otherClientCertificate: string;
}

/** Makes certificates with the `openssl` program, about 0.1 s in all. */
export function makeCertificates(folder: string): Certificates {
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  // Elliptic-curve keys are made in no time.
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = (name: string): void => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    openssl('req', '-x509', ...newKey, ...files, '-subj', `/CN=${name}`, '-days', '1');
  };
  const signed = (name: string, by: string, alternatives: string): void => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.csr`];
    openssl('req', ...newKey, ...files, '-subj', `/CN=${name}`);
    writeFileSync(path(`${name}.ext`), `subjectAltName=${alternatives}\n`);
    const authorityFiles = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'];
    const result = ['-extfile', `${name}.ext`, '-out', `${name}.pem`, '-days', '1'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...authorityFiles, ...result);
  };
  authority('ca');
  authority('other-ca');
  signed('server', 'ca', 'DNS:localhost,IP:127.0.0.1');
  signed('client', 'ca', 'DNS:client');
  signed('other-client', 'other-ca', 'DNS:client');
  const keystore = readFileSync(path('server.key'), 'utf8') + readFileSync(path('server.pem'), 'utf8');
  writeFileSync(path('server-keystore.pem'), keystore);
  return {
    ca: path('ca.pem'),
    serverKeystore: path('server-keystore.pem'),
    clientKey: path('client.key'),
    clientCertificate: path('client.pem'),
    otherCa: path('other-ca.pem'),
    otherClientKey: path('other-client.key'),
    otherClientCertificate: path('other-client.pem'),
  };
}
