import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * The process of this machine that listens on a port; undefined where nothing listens, or where the system
 * does not report it (it does for one's own processes).
 */
export async function listenerOf(port: number): Promise<number | undefined> {
  return process.platform === 'linux' ? listenerOnLinux(port) : listenerByLsof(port);
}

async function listenerOnLinux(port: number): Promise<number | undefined> {
  const sockets = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const table = await readFile(file, 'utf8').catch(() => '');
    for (const inode of listeningInodes(table, port)) sockets.add(`socket:[${inode}]`);
  }
  if (sockets.size === 0) return undefined;
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if (sockets.has(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''))) return Number(pid);
    }
  }
  return undefined;
}

async function listenerByLsof(port: number): Promise<number | undefined> {
  const words = ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'];
  const found = await promisify(execFile)('lsof', words, { timeout: 3000 }).catch(() => undefined);
  return found === undefined ? undefined : Number(found.stdout.split('\n', 1)[0]);
}

/**
 * The inodes of the sockets that listen on a port.
 *
 * @param table - the text of `/proc/net/tcp` or `/proc/net/tcp6`
 */
export function listeningInodes(table: string, port: number): string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    // proc(5): number, local address, remote address, state (0A is LISTEN), four more, timeout, inode.
    const fields = line.trim().split(/\s+/);
    const [, local = '', , state] = fields;
    const inode = fields[9];
    return state === '0A' && local.endsWith(ending) && inode !== undefined ? [inode] : [];
  });
}
