/** A row that Kafka's JMX tool printed. */
export interface JmxRow {
  /** Since 1970. */
  readonly atMs: number;
  /**
   * Each column, `domain:type=...,name=...:Attribute`, and its value; those that are not numbers are left
   * out.
   */
  readonly values: ReadonlyMap<string, number>;
}

/**
 * Parses the output of `org.apache.kafka.tools.JmxTool`: a line of columns in quotes, then a line per read.
 */
export class JmxTable {
  #columns: readonly string[] | undefined;

  /**
   * Parses a line; undefined for the line of columns, and for anything else that is not a row.
   *
   * @param line - without its end
   */
  row(line: string): JmxRow | undefined {
    if (line.startsWith('"time"')) {
      this.#columns = line.slice(1, -1).split('","');
      return undefined;
    }
    const columns = this.#columns;
    if (columns === undefined) return undefined;
    // A memory usage is printed with the names and types of its parts, commas included: `used` is what is
    // needed.
    const cells = line.replace(memoryUsage, '$1').split(',');
    if (cells.length !== columns.length) return undefined;
    const values = new Map<string, number>();
    columns.forEach((column, index) => {
      const cell = cells[index] ?? '';
      const value = Number(cell);
      if (cell !== '' && Number.isFinite(value)) values.set(column, value);
    });
    const atMs = values.get('time');
    if (atMs === undefined) return undefined;
    values.delete('time');
    return { atMs, values };
  }
}

const memoryUsage =
  /javax\.management\.openmbean\.CompositeDataSupport\(.*?contents=\{[^}]*\bused=(\d+)[^}]*\}\)/g;
