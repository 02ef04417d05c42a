import { cacheFolder, defaultStateFolder } from '../broker/cacheFolder.js';
import { findLocalBroker } from '../broker/localBroker.js';
import { ownBroker } from '../broker/ownBroker.js';
import { diskOf, memory } from '../machine.js';
import type { DiskUse, Resources } from '../scenario/planEstimate.js';
import type { Plan } from '../scenario/plan.js';

/**
 * What this machine has for a run: free memory, and free disk space where the run and the local broker write.
 * The disk of any other broker (another machine's, a container's) is not known, and not checked.
 *
 * @param brokerFolder - where a broker of the run's own will keep its data; undefined where it has none
 */
export async function resourcesFor(
  bootstrap: string,
  runsFolder: string,
  brokerFolder?: string,
): Promise<Resources> {
  const topics = brokerFolder ?? (await localBrokerFolder(bootstrap));
  const places: [DiskUse, string][] = [['run folder', runsFolder]];
  if (topics !== undefined) places.unshift(['topics', topics]);
  const disks = await Promise.all(
    places.map(async ([use, path]) => {
      const disk = await diskOf(path);
      return disk === undefined ? [] : [{ use, ...disk }];
    }),
  );
  return { disks: disks.flat(), freeMemoryBytes: memory().availableBytes };
}

/**
 * Whether a comparison starts brokers of its own, in its own folder: where a variant changes the broker, and
 * none of them runs on someone else's cluster.
 *
 * @param plans - of all variants
 */
export async function startsBrokers(plans: readonly Plan[]): Promise<boolean> {
  const asks = plans.some(({ broker, cluster }) => Object.keys({ ...broker, ...cluster }).length > 0);
  if (!asks) return false;
  const usual = defaultStateFolder(cacheFolder());
  const owners = await Promise.all(plans.map(({ kafka }) => ownBroker(kafka.bootstrap, usual)));
  return owners.every(({ kind }) => kind !== 'foreign');
}

/** All brokers of a local cluster write into one folder. */
async function localBrokerFolder(bootstrap: string): Promise<string | undefined> {
  const usual = defaultStateFolder(cacheFolder());
  const found = await Promise.all(
    bootstrap.split(',').map((address) => findLocalBroker(address.trim(), usual)),
  );
  return found.find((broker) => broker !== undefined)?.stateFolder;
}
