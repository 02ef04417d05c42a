import { dataTable, factList } from '../html/dataTable.js';
import { groupText } from '../planText.js';
import { html, type Markup } from '../html/markup.js';
import { formatBytes } from '../format.js';
import type { Manifest } from '../../results/runFolder.js';

/** The settings of the run, so that others can judge it, and run it again. */
export function settingsSection(manifest: Manifest | undefined): Markup {
  if (manifest === undefined) {
    return html`<section aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <p>There is no readable manifest.json, so the settings of this run are not known.</p>
    </section>`;
  }
  const { versions, host, cluster } = manifest;
  const { stream, reservoir, replay, consumers, kafka } = manifest.scenario;
  const groups = consumers?.groups.map(groupText).join(', ');
  return html`<section aria-labelledby="settings">
    <h2 id="settings">Settings</h2>
    ${factList([
      ['Cluster', kafka?.bootstrap],
      [
        'Stream',
        stream &&
          `${stream.topic}, partitions: ${stream.partitions}, replication: ${stream.replication < 1 ? 'the cluster’s own' : stream.replication}`,
      ],
      ['Reservoir', reservoir && `${reservoir.topic}, partitions: ${reservoir.partitions}`],
      ['Senders', replay && `workers: ${replay.workers}, producers in each: ${replay.producersPerWorker}`],
      ['Consumer groups', groups === '' ? 'none' : groups],
      [
        'rubin-alert-sim',
        `${versions.rubinAlertSim}${versions.commit === null ? '' : ` (${versions.commit.slice(0, 10)})`}`,
      ],
      ['Node', versions.node],
      ['librdkafka', versions.librdkafka],
      ...Object.entries(host).map(([name, value]): [string, string] => [
        hostLabels[name] ?? name,
        hostText(name, value),
      ]),
    ])}
    ${settingTable('Properties of the clients that the scenario sets', kafka?.client ?? {})}
    ${settingTable('Settings of the stream’s topic that differ from the broker’s', cluster.stream)}
    ${settingTable('Settings of the reservoir’s topic that differ from the broker’s', cluster.reservoir)}
    ${Object.entries(cluster.brokers).map(([id, settings]) =>
      settingTable(`Settings of broker ${id} that differ from Kafka’s defaults`, settings),
    )}
    ${
      cluster.unread.length > 0 &&
      html`<p>What the cluster did not report:</p>
        <ul>
          ${cluster.unread.map((sentence) => html`<li>${sentence}</li>`)}
        </ul>`
    }
    <details>
      <summary>The whole manifest, with the scenario as it was resolved</summary>
      <pre tabindex="0">${JSON.stringify(manifest, null, 2)}</pre>
    </details>
  </section>`;
}

const hostLabels: Readonly<Record<string, string>> = {
  name: 'Host',
  system: 'System',
  cpu: 'Processor',
  cores: 'Cores',
  memoryBytes: 'Memory',
  loadBefore: 'Load before the run, over 1, 5 and 15 minutes',
};

function hostText(name: string, value: unknown): string {
  if (name === 'memoryBytes' && typeof value === 'number') return formatBytes(value);
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function settingTable(
  caption: string,
  settings: Readonly<Record<string, string | number | boolean | null>>,
): Markup | undefined {
  const entries = Object.entries(settings).sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return undefined;
  return dataTable({
    caption,
    showsCaption: true,
    columns: [
      { head: 'Setting', align: 'left' },
      { head: 'Value', align: 'left' },
    ],
    rows: entries.map(([name, value]) => [
      html`<code>${name}</code>`,
      value === null ? 'hidden' : String(value),
    ]),
  });
}
