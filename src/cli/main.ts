#!/usr/bin/env node
// Every Node from 12 on must be able to read this file: no newer syntax, and nothing is imported before the
// version of Node is known.
const oldestNode = 20;

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  process.stderr.write(
    `rubin-alert-sim needs Node ${oldestNode} or newer; this is Node ${process.versions.node} (https://nodejs.org)\n`,
  );
  process.exit(2);
}

void import('./commandLine.js')
  .then(({ commandLine }) => commandLine(process.argv))
  .then((code) => process.exit(code));
