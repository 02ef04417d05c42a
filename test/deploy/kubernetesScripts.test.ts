import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { installationFolder } from '../../src/version.js';

const run = promisify(execFile);

interface Sent {
  readonly spec: {
    readonly volumes: readonly { readonly persistentVolumeClaim: { readonly claimName: string } }[];
  };
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'test-kubernetes-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** Runs a script of deploy/kubernetes with a kubectl that answers as these lines of a shell's `case` say. */
async function script(
  name: string,
  words: readonly string[],
  cases: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly calls: string; readonly stdout: string }> {
  const kubectl = join(folder, 'kubectl');
  const text = `#!/bin/bash\necho "$*" >>${folder}/calls\ncase "$*" in\n${cases}\nesac\n`;
  await writeFile(kubectl, text);
  await chmod(kubectl, 0o755);
  const { PATH = '' } = process.env;
  const { stdout } = await run(join(installationFolder, 'deploy', 'kubernetes', name), words, {
    cwd: folder,
    env: { PATH: `${folder}:${PATH}`, ...env },
  });
  return { calls: await readFile(join(folder, 'calls'), 'utf8'), stdout };
}

describe('fetch-run', () => {
  const answers = (phase: string, claim = ''): string => `
    *'get pods'*) printf 'pod/rubin-alert-sim-1-abcde\\npod/rubin-alert-sim-0-fghij\\n';;
    *status.phase*) printf ${phase};;
    *claimName*) printf '${claim}';;
    *image*) printf registry/sim:1;;
    *'create --filename'*) cat >${folder}/sent.yaml;;
    *exec*) tar --create --directory ${folder}/volume .;;`;
  const sent = async (): Promise<Sent> => parse(await readFile(join(folder, 'sent.yaml'), 'utf8')) as Sent;

  beforeEach(async () => {
    await mkdir(join(folder, 'volume', '2026-visits'), { recursive: true });
    await writeFile(join(folder, 'volume', '2026-visits', 'summary.json'), '{}');
  });

  it.each([
    ['its own claim, which Kubernetes names after it', '', 'rubin-alert-sim-0-fghij-runs'],
    ['the claim that its manifest names', 'shared', 'shared'],
  ])("brings the run home from the first pod's volume: %s", async (_what, claim, mounted) => {
    const words = ['home', '--namespace', 'loadtest'];
    const { calls } = await script('fetch-run', words, answers('Succeeded', claim));
    expect(await readFile(join(folder, 'home', '2026-visits', 'summary.json'), 'utf8')).toBe('{}');
    expect((await sent()).spec.volumes[0]?.persistentVolumeClaim.claimName).toBe(mounted);
    const lines = calls.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('--namespace loadtest '))).toEqual([]);
    expect(lines.at(-1)).toContain('delete pod rubin-alert-sim-0-fghij-reader');
  });

  it.each([
    [
      'the run goes on',
      answersRunning,
      /the pod \S+-0-fghij is still Running\. Follow it with: kubectl logs --follow/,
    ],
    ['there is no such Job', () => '', /the Job rubin-alert-sim has no first pod here/],
  ])('says so when %s', async (_what, cases, sentence) => {
    const failed = script('fetch-run', [], cases(answers));
    await expect(failed).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(sentence) as string,
    });
  });
});

function answersRunning(answers: (phase: string) => string): string {
  return answers('Running');
}

describe('copy-secrets', () => {
  const answers = (listeners: string, certificate = 'PEM'): string => `
    *scram-sha-512*) printf '${listeners}';;
    *bootstrapServers*) printf broker.kafka.svc:9093;;
    *certificates*) printf '${certificate}';;
    *data.password*) printf c2VjcmV0;;
    *'create secret'*) cat "\${@: -1}" >/dev/null 2>&1; for word; do
        case $word in --from-file=*) echo "\${word%%=/*}: $(cat "\${word#*=*=}")";; --from-literal=*) echo "$word";; esac
      done;;
    *apply*) echo "$*"; cat;;`;

  it('takes address, password and certificate from the cluster, and no password as an argument', async () => {
    const words = ['loadtest', 'kafka', 'broker', 'alertsim'];
    const { calls, stdout } = await script('rubin/copy-secrets', words, answers('internal external'));
    expect(calls).toContain('get kafkas.kafka.strimzi.io broker --namespace kafka');
    expect(calls).toContain('.status.listeners[?(@.name=="internal")]');
    expect(calls).not.toMatch(/secret\n|=secret/);
    expect(stdout).toContain('--from-literal=KAFKA_BOOTSTRAP=broker.kafka.svc:9093');
    expect(stdout).toContain('--from-file=KAFKA_PASSWORD: secret');
    expect(stdout).toContain('--from-file=ca.crt: PEM');
    expect(stdout.match(/apply --namespace loadtest/g)).toHaveLength(2);
  });

  it.each([
    ['no listener takes SCRAM', answers(''), /no listener of the Kafka alert-broker takes SCRAM-SHA-512/],
    ['the listener has no TLS', answers('internal', ''), /the listener internal has no TLS/],
  ])('says so when %s', async (_what, cases, sentence) => {
    const failed = script('rubin/copy-secrets', ['loadtest'], cases);
    await expect(failed).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(sentence) as string,
    });
  });
});

describe('the KafkaUser', () => {
  it('is of the API that Strimzi has had since 0.49, and that is the only one of 1.0', async () => {
    const file = join(installationFolder, 'deploy', 'kubernetes', 'rubin', 'kafka-user.yaml');
    const [user] = parseAllDocuments(await readFile(file, 'utf8'));
    expect(user?.toJS()).toMatchObject({ apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaUser' });
    const kustomization = await readFile(join(file, '..', 'kustomization.yaml'), 'utf8');
    expect((parse(kustomization) as { resources: string[] }).resources).toEqual(['../base']);
  });
});
