import type { Command } from 'commander';
import type { RegistryTarget } from '../registry/client.js';

/** The value of the option that {@link addRegistryOption} adds. */
export interface RegistryValue {
  readonly registry?: string;
}

/** Adds the option that names a schema registry. */
export function addRegistryOption(command: Command): Command {
  return command.option(
    '--registry <url>',
    "a schema registry, or 'none' (default: SCHEMA_REGISTRY_URL, or else the one beside a local broker)",
  );
}

/** The registry that the option names. */
export function namedRegistry({ registry }: RegistryValue): RegistryTarget | undefined {
  return registry === undefined ? undefined : { url: registry };
}
