import { BlockList, isIP, isIPv6 } from 'node:net';

/** A proxy from the environment. */
export interface Proxy {
  /** The variable that names it: `HTTPS_PROXY`. */
  readonly variable: string;
  /** With user and password where it requires them. */
  readonly url: URL;
}

/**
 * The proxy for an address, as curl, Go and Python find it: `https_proxy` or `HTTPS_PROXY` for https,
 * `http_proxy` or `HTTP_PROXY` for http, else `all_proxy` or `ALL_PROXY`, unless `no_proxy` or `NO_PROXY`
 * names the host. Undefined for a direct connection; the variable alone where it holds no address.
 *
 * @remarks undici's own EnvHttpProxyAgent takes `apache.org` in NO_PROXY for that very host only, fails for a
 * proxy without a scheme, and does not report which variable was wrong.
 */
export function proxyFor(
  address: URL,
  env: NodeJS.ProcessEnv,
): Proxy | { readonly variable: string; readonly url: undefined } | undefined {
  const names = [address.protocol.replace(':', ''), 'all'].flatMap((scheme) => [
    `${scheme}_proxy`,
    `${scheme.toUpperCase()}_PROXY`,
  ]);
  const variable = names.find((name) => (env[name] ?? '').trim() !== '');
  if (variable === undefined || isExempt(address, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined;
  const text = (env[variable] ?? '').trim();
  // `proxy.example.org:3128` is how many write it; as an address it would have the scheme
  // `proxy.example.org`.
  const whole = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  return { variable, url };
}

/** A proxy's address without user and password. */
export function withoutPassword(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

/** A name in the list includes its subdomains; `10.0.0.0/8` is the addresses in it; `*` is everything. */
function isExempt({ protocol, hostname, port }: URL, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const hostPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '' || entry === '*') return entry === '*';
      const [, name = entry, entryPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      if (entryPort !== undefined && entryPort !== hostPort) return false;
      const bare = name.replace(/^\*?\.|^\[|\]$/g, '');
      return host === bare || host.endsWith(`.${bare}`) || isInSubnet(host, bare);
    });
}

function isInSubnet(host: string, entry: string): boolean {
  const [, network = '', bits] = /^([\da-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (bits === undefined || isIP(host) === 0 || isIP(network) !== isIP(host)) return false;
  const family = isIPv6(host) ? 'ipv6' : 'ipv4';
  if (Number(bits) > (family === 'ipv6' ? 128 : 32)) return false;
  const subnet = new BlockList();
  subnet.addSubnet(network, Number(bits), family);
  return subnet.check(host, family);
}
