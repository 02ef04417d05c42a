import { createServer, type Server } from 'node:http';
import { AlertSimError } from '../errors.js';

/** What a service says of itself. */
export interface ServeStatus {
  readonly state: 'starting' | 'serving' | 'waiting';
  readonly [key: string]: unknown;
}

/** Where probes of Kubernetes or a load balancer ask. */
export interface HealthServer {
  readonly port: number;
  readonly close: () => void;
}

/**
 * Answers `GET /ready` with 200 while alerts are sent and acknowledged, else with 503, and everything else with 200
 * while the program lives; always with what it has sent, as JSON.
 *
 * @throws `BAD_USAGE` where nothing can listen there
 */
export async function serveHealth(
  host: string,
  port: number,
  status: () => ServeStatus,
): Promise<HealthServer> {
  const server: Server = createServer((request, response) => {
    const now = status();
    const isReady = now.state === 'serving' || request.url !== '/ready';
    response.writeHead(isReady ? 200 : 503, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ ...now, rssBytes: process.memoryUsage.rss() })}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      const why = thrown.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${thrown.message})`;
      reject(
        new AlertSimError('BAD_USAGE', `--health: port ${port} of ${host} ${why}: choose another`, thrown),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
