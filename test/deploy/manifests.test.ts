import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { completionsVariable, runIdVariable } from '../../src/coordinator/shards/identity.js';
import { installationFolder } from '../../src/version.js';
import { planFrom } from '../scenario/planFrom.js';

interface JobManifest {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly completions: number;
    readonly parallelism: number;
    readonly completionMode: string;
    readonly template: { readonly spec: PodSpec };
  };
}

interface PodSpec {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly {
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly args: readonly string[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    readonly resources: { readonly requests: Readonly<Record<string, string>> };
  }[];
  readonly volumes: readonly { readonly name: string }[];
}

const text = (...path: readonly string[]): string => readFileSync(join(installationFolder, ...path), 'utf8');
const kubernetes = (file: string): unknown => parse(text('deploy', 'kubernetes', file));
const job = kubernetes('base/job.yaml') as JobManifest;
const patch = kubernetes('rubin/job-patch.yaml') as JobManifest;
const [container] = job.spec.template.spec.containers;

describe('the Job', () => {
  test.each([
    ['base', job],
    ['for a cluster as Rubin has', patch],
  ])('tells each pod how many there are, and starts all of them at once: %s', (_name, { spec }) => {
    const told = spec.template.spec.containers[0]?.env.find(({ name }) => name === completionsVariable);
    expect(told?.value).toBe(String(spec.completions));
    expect(spec.parallelism).toBe(spec.completions);
  });

  it('is an indexed one, whose pods know the run and are not started again into it', () => {
    expect(job.spec).toMatchObject({ completionMode: 'Indexed', backoffLimitPerIndex: 0 });
    expect(container?.env.map(({ name }) => name)).toContain(runIdVariable);
    // At either of these Kubernetes deletes pods that run, and the result with them.
    expect(job.spec).not.toHaveProperty('backoffLimit');
    expect(job.spec).not.toHaveProperty('activeDeadlineSeconds');
  });

  it('has each volume that it mounts, asks for resources, and is not root', () => {
    const { volumes, securityContext } = job.spec.template.spec;
    expect(container?.volumeMounts.map(({ name }) => name).sort()).toEqual(
      volumes.map(({ name }) => name).sort(),
    );
    expect(Object.keys(container?.resources.requests ?? {}).sort()).toEqual(['cpu', 'memory']);
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
  });

  it.each([job, patch])('keeps the result in a volume that outlives the run', ({ spec }) => {
    const runs = spec.template.spec.volumes.find(({ name }) => name === 'runs');
    if (spec === job.spec) expect(runs).toHaveProperty('ephemeral.volumeClaimTemplate');
    else expect(runs).toBeUndefined();
  });

  it('is patched under its own name', () => {
    expect(patch.metadata.name).toBe(job.metadata.name);
  });
});

describe('the scenarios of the Jobs', () => {
  const environment = { KAFKA_BOOTSTRAP: 'kafka:9093', KAFKA_USER: 'alertsim', KAFKA_PASSWORD: 'secret' };
  it.each(['base', 'rubin'])('are sound: %s', (folder) => {
    const plan = planFrom(text('deploy', 'kubernetes', folder, 'scenario.yaml'), { environment });
    expect(plan.kafka.bootstrap).toBe('kafka:9093');
    expect(plan.stream.partitions).toBe(45);
  });

  it('name their topics and groups so that the KafkaUser may use them', () => {
    const plan = planFrom(text('deploy', 'kubernetes', 'rubin', 'scenario.yaml'), { environment });
    const topics = [plan.stream.topic, plan.reservoir.topic, plan.coordination.topicPrefix];
    expect(topics.filter((topic) => !topic.startsWith('alertsim-'))).toEqual([]);
    expect(plan.consumers.groupPrefix).toBe('alertsim-');
  });
});
