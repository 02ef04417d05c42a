import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../src/version.js';
import {
  buildImage,
  runContainer,
  whyNoImage,
  type ContainerImage,
  type ContainerResult,
} from './support/containerImage.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';

const reason = whyNoImage();
if (reason !== undefined) console.warn(`skipped: ${reason}`);

const scenario = `
name: image
kafka: { bootstrap: "\${KAFKA_BOOTSTRAP}", client: { compression.type: zstd } }
alerts: { synthetic: { visits: 1, alertsPerVisit: 200, meanBytes: 30kB, cutouts: false, seed: 1 } }
reservoir: { topic: image-reservoir }
stream: { topic: image-stream, partitions: 2 }
replay: { workers: 1, phases: [{ name: steady, rate: 200/s, duration: 2s }] }
consumers: { groups: 1, members: 1 }
expect: { lost: 0, failed: 0, achievedRate: any }
limits: { selfCheck: { scheduleLagP99: 10s, eventLoopDelayP99: 10s } }
`;

/** A machine that tests everything must build the image, and fails where it cannot. */
describe.skipIf(reason !== undefined && (process.env.CI ?? '') === '')('the container image', () => {
  let image: ContainerImage;
  let kafka: TestKafka | undefined;
  let runs: string;

  const inside = (...args: readonly string[]): Promise<ContainerResult> =>
    runContainer(image, args, { runs, env: { KAFKA_BOOTSTRAP: kafka?.bootstrap ?? '' } });

  beforeAll(async () => {
    if (reason !== undefined) throw new Error(reason);
    runs = await mkdtemp(join(tmpdir(), 'test-image-'));
    await writeFile(join(runs, 'scenario.yaml'), scenario);
    image = await buildImage();
    kafka = await startTestKafka();
  }, 1_800_000);

  afterAll(async () => {
    await kafka?.stop();
    await rm(runs, { recursive: true, force: true });
  });

  it('prints its version', async () => {
    expect(await inside('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('has a Kafka client with every feature that a cluster may ask for', async () => {
    const { stdout } = await inside('doctor');
    expect(stdout).toMatch(/^ok +Kafka client +librdkafka \d+\.\d+\.\d+, patched/m);
    expect(stdout).toMatch(/^ok +TLS, SASL, codecs /m);
    expect(stdout).toMatch(/^ok +disk /m);
    // What the Dockerfile itself asks of the client: SASL/GSSAPI besides.
    const program =
      "process.stdout.write(require('/opt/rubin-alert-sim/node_modules/node-rdkafka').features.join(' '))";
    const node = {
      ...image,
      config: { ...image.config, Entrypoint: ['/usr/local/bin/node', '--eval', program] },
    };
    const { stdout: features } = await runContainer(node, [], { runs });
    expect(features.split(' ')).toEqual(
      expect.arrayContaining(['ssl', 'sasl_scram', 'sasl_gssapi', 'zstd', 'gzip', 'lz4', 'snappy']),
    );
  });

  it('runs a scenario and writes its report, as a user without rights, with a read-only root', async () => {
    const ran = await inside('run', 'runs/scenario.yaml', '--out', 'runs');
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const [folder = ''] = (await readdir(runs)).filter((name) => name.endsWith('-image'));
    const summary = JSON.parse(await readFile(join(runs, folder, 'summary.json'), 'utf8')) as {
      readonly verdict: string;
      readonly counts: Readonly<Record<string, number>>;
    };
    expect(summary).toMatchObject({ verdict: 'passed', counts: { acked: 400, consumed: 400, lost: 0 } });
    await rm(join(runs, folder, 'report.html'), { force: true });
    const reported = await inside('report', `runs/${folder}`);
    expect(reported, reported.stderr).toMatchObject({ code: 0 });
    expect((await readFile(join(runs, folder, 'report.html'))).length).toBeGreaterThan(500_000);
    await expect(inside('generate', '/opt/rubin-alert-sim/a.avro')).resolves.toMatchObject({ code: 2 });
  });

  it.each([
    ['/usr/lib/TRIPLET/libsasl2.so.2', ['doctor']],
    ['/usr/lib/TRIPLET/libzstd.so.1', ['doctor']],
    ['node_modules/node-rdkafka/build/Release/node-librdkafka.node', ['doctor']],
    ['dist/src/broker/kafka-4.1.2.lock.json', ['doctor']],
    [
      'dist/src/alerts/synthetic/schema/lsst.v11_0.alert.avsc',
      ['generate', 'runs/a.avro', '--force', '--alerts-per-visit', '5'],
    ],
    ['dist/src/report/html/browser/page.js', ['report', 'runs/RUN']],
    ['dist/src/report/html/browser/page.css', ['report', 'runs/RUN']],
    ['node_modules/echarts/dist/echarts.min.js', ['report', 'runs/RUN']],
  ])('needs %s', async (file, command) => {
    const triplet = (await readdir(join(image.root, 'usr/lib'))).find((name) => name.endsWith('-linux-gnu'));
    const inRoot = file.startsWith('/')
      ? file.replace('TRIPLET', triplet ?? '')
      : join('opt/rubin-alert-sim', file);
    const path = join(image.root, inRoot);
    const [folder = ''] = (await readdir(runs)).filter((name) => name.endsWith('-image'));
    const words = command.map((word) => word.replace('RUN', folder));
    const whole = await inside(...words);
    await rename(path, `${path}.away`);
    try {
      const broken = await inside(...words);
      expect(broken.code).not.toBe(0);
      const named = basename(file)
        .replace(/^kafka-(.*)\.lock\.json$/, 'Kafka $1')
        .replace(/.*\.node$/, 'bindings file');
      expect(broken.stdout + broken.stderr).toContain(named);
      expect(whole.stdout + whole.stderr).not.toContain(named);
    } finally {
      await rename(`${path}.away`, path);
    }
  });

  it('is below 250 MB', async () => {
    const { stdout } = await promisify(execFile)('du', [
      '--summarize',
      '--block-size=1M',
      '--one-file-system',
      image.root,
    ]);
    console.log(`the image takes ${stdout.split('\t')[0] ?? ''} MB`);
    expect(Number(stdout.split('\t')[0])).toBeLessThan(250);
  });
});
