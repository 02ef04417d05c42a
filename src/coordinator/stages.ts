/** What a run is doing; `cli/context.ts` makes words of it when an interrupt has to wait for it. */
export type Stage =
  | 'alerts'
  | 'connecting'
  | 'gathering'
  | 'preloading'
  | 'topics'
  | 'load'
  | 'results'
  | 'outputs'
  | 'brokerFigures'
  | 'broker'
  | 'closing';
