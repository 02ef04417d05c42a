/**
 * The log4j2 configuration of a broker: one file that is rolled over at 10 MB and kept three times, so that a
 * broker that runs for weeks does not fill the disk.
 */
export function loggingProperties(logFile: string): Readonly<Record<string, string>> {
  return {
    // log4j2's own hook would end logging at the start of the JVM's shutdown, before Kafka's last messages.
    shutdownHook: 'disable',
    'appender.file.type': 'RollingFile',
    'appender.file.name': 'file',
    'appender.file.fileName': logFile,
    'appender.file.filePattern': `${logFile}.%i`,
    'appender.file.layout.type': 'PatternLayout',
    'appender.file.layout.pattern': '[%d] %p %m (%c)%n',
    'appender.file.policies.type': 'Policies',
    'appender.file.policies.size.type': 'SizeBasedTriggeringPolicy',
    'appender.file.policies.size.size': '10MB',
    'appender.file.strategy.type': 'DefaultRolloverStrategy',
    'appender.file.strategy.max': '3',
    'rootLogger.level': 'info',
    'rootLogger.appenderRef.file.ref': 'file',
  };
}

/** The same for the older log4j 1 (reload4j) of Kafka 3 and ZooKeeper. */
export function olderLoggingProperties(logFile: string): Readonly<Record<string, string>> {
  return {
    'log4j.rootLogger': 'INFO, file',
    'log4j.appender.file': 'org.apache.log4j.RollingFileAppender',
    'log4j.appender.file.File': logFile,
    'log4j.appender.file.MaxFileSize': '10MB',
    'log4j.appender.file.MaxBackupIndex': '3',
    'log4j.appender.file.layout': 'org.apache.log4j.PatternLayout',
    'log4j.appender.file.layout.ConversionPattern': '[%d] %p %m (%c)%n',
  };
}

/** The lines of a log that explain best why a broker ended: its last errors, or else its last lines. */
export function tellingLines(log: string, count = 5): readonly string[] {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  const complaints = lines.filter((line) => /\b(ERROR|FATAL)\b|Exception|^Error/.test(line));
  return (complaints.length > 0 ? complaints : lines).slice(-count);
}
