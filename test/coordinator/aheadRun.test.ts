import { expect, it } from 'vitest';
import { aheadResources } from '../../src/coordinator/aheadRun.js';

it('makes a visit ahead as a whole where the memory allows it, whatever its size', () => {
  const needs = { alertsPerVisit: 200, meanBytes: 141_357.031, producers: 1, machines: 1 };
  const { bufferBytes, visitBytes } = aheadResources({ bufferBytes: undefined, generators: 1 }, needs);
  expect(bufferBytes).toBe(visitBytes);
});
