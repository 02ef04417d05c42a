import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { cacheFolder } from '../../src/broker/cacheFolder.js';
import { installationFolder } from '../../src/version.js';

const run = promisify(execFile);
const package_ = 'kubernetes-validate==1.37.0';

/** Manifests that Kubernetes itself knows; a patch and a Strimzi resource are none. */
const manifests = [
  'base/job.yaml',
  'base/registry.yaml',
  'base/secret.example.yaml',
  'serve/deployment.yaml',
];

/** `backoffLimitPerIndex` is on by default since 1.29; 1.37 is the newest that the package has. */
const versions = ['1.29', '1.37'];

const program = `
import sys, yaml, kubernetes_validate
for path in sys.argv[2:]:
    for manifest in yaml.safe_load_all(open(path)):
        kubernetes_validate.validate(manifest, sys.argv[1], strict=True)
`;

it("holds the manifests to the API's own schemas, oldest and newest", async (context) => {
  const python = await interpreter();
  if (python === undefined) {
    context.skip();
    return;
  }
  const paths = manifests.map((path) => join(installationFolder, 'deploy', 'kubernetes', path));
  for (const version of versions) await run(python, ['-c', program, version, ...paths]);
  // The schemas are strict: an unknown key of the API is rejected.
  const bad = program.replace('validate(manifest', "validate({**manifest, 'speck': 1}");
  await expect(run(python, ['-c', bad, '1.37', ...paths])).rejects.toThrow(/speck/);
}, 300_000);

async function interpreter(): Promise<string | undefined> {
  const folder = join(cacheFolder(), 'python', package_);
  const python = join(folder, 'bin', 'python3');
  try {
    if (!existsSync(python)) {
      await mkdir(join(folder, '..'), { recursive: true });
      await run('python3', ['-m', 'venv', folder]);
    }
    await run(python, ['-m', 'pip', 'install', '--quiet', '--no-input', package_, 'pyyaml'], {
      timeout: 200_000,
    });
    return python;
  } catch (thrown) {
    if ((process.env.CI ?? '') !== '') throw thrown;
    console.warn(`skipped: ${package_} cannot be installed here; on Debian it needs python3-venv, and PyPI`);
    return undefined;
  }
}
