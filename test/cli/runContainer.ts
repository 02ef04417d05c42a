import { Command } from 'commander';
import { vi } from 'vitest';
import { containerCommand } from '../../src/cli/containerCommand.js';

/** Runs `container` in this process and returns what it printed. */
export async function runContainer(...args: string[]): Promise<string> {
  const printed: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const program = new Command().exitOverride().addCommand(containerCommand());
    await program.parseAsync(['container', ...args], { from: 'user' });
  } finally {
    vi.restoreAllMocks();
  }
  return printed.join('');
}
