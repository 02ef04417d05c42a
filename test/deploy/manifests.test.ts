import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { buildProgram } from '../../src/cli/program.js';
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

interface DeploymentManifest {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: PodSpec;
    };
  };
}

interface ServiceManifest {
  readonly spec: {
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly port: number }[];
  };
}

interface PodSpec {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly {
    readonly image: string;
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

describe('the registry', () => {
  const [deployment, service] = parseAllDocuments(text('deploy', 'kubernetes', 'base', 'registry.yaml')).map(
    (document) => document.toJS() as DeploymentManifest & ServiceManifest,
  );
  const { containers, securityContext } = deployment?.spec.template.spec ?? { containers: [] };

  it('is served by the image of the Job, at the address that the Job asks', () => {
    expect(containers[0]?.image).toBe(container?.image);
    const url = container?.env.find(({ name }) => name === 'SCHEMA_REGISTRY_URL')?.value;
    expect(url).toBe(`http://${service?.metadata.name ?? ''}:${service?.spec.ports[0]?.port ?? 0}`);
    expect(service?.spec.selector).toEqual(deployment?.spec.template.metadata.labels);
    expect(text('deploy', 'kubernetes', 'base', 'kustomization.yaml')).toContain('- registry.yaml');
  });

  it('listens for other pods, is probed, and is not root', async () => {
    const [name = '', ...options] = containers[0]?.args ?? [];
    const program = await buildProgram([name]);
    const command = program.commands[0]?.exitOverride().parseOptions(options);
    expect(command).toEqual({ operands: [], unknown: [] });
    expect(program.commands[0]?.opts()).toMatchObject({ host: '0.0.0.0', port: 8081 });
    expect(containers[0]).toMatchObject({ readinessProbe: { httpGet: { path: '/', port: 'http' } } });
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
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

describe('the examples of a stream that goes on', () => {
  const deployment = kubernetes('serve/deployment.yaml') as DeploymentManifest & {
    readonly spec: { readonly replicas: number };
  };
  const [served] = deployment.spec.template.spec.containers;
  const compose = parse(text('deploy', 'compose', 'serve-stream.yaml')) as {
    readonly services: { readonly 'alert-stream': { readonly command: readonly string[] } };
  };
  const unit = text('deploy', 'systemd', 'rubin-alert-sim.service').replaceAll('\\\n', ' ');
  const started =
    /^ExecStart=\/usr\/bin\/env rubin-alert-sim (.*)$/m.exec(unit)?.[1]?.trim().split(/\s+/) ?? [];

  it.each([
    ['Kubernetes', served?.args ?? []],
    ['compose', compose.services['alert-stream'].command],
    ['systemd', started],
  ])('%s gives serve-stream options that it has, and a health port', async (_name, args) => {
    const [name = '', ...options] = args;
    expect(name).toBe('serve-stream');
    const command = (await buildProgram(args)).commands[0];
    command?.exitOverride().action(() => undefined);
    await command?.parseAsync(options, { from: 'user' });
    expect(command?.opts()).toMatchObject({ health: { port: 8088 } });
  });

  it('runs one pod, as its user, which may write to /tmp alone', () => {
    expect(deployment.spec.replicas).toBe(1);
    const { securityContext, volumes } = deployment.spec.template.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(served?.volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
    expect(Object.keys(served?.resources.requests ?? {}).sort()).toEqual(['cpu', 'memory']);
  });
});
