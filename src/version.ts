import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds our package.json. */
export const installationFolder = findInstallationFolder(dirname(fileURLToPath(import.meta.url)));

/** Whether this is a clone, which can build itself, rather than an installed package or an image. */
export const isClone = existsSync(join(installationFolder, 'scripts', 'setup.mjs'));

/** From package.json. */
export const version = readVersion();

function findInstallationFolder(from: string): string {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(join(installationFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
