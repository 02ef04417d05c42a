import type avsc from 'avsc';

export interface SurveyAlert {
  readonly survey: string;
  readonly schema: avsc.Schema;
  readonly value: unknown;
  readonly mjd: number;
  readonly id: bigint | string;
  readonly historyLength: number;
  readonly framing: string;
  readonly scale: string;
}

const record = (name: string, fields: Readonly<Record<string, unknown>>): avsc.Schema =>
  ({
    type: 'record',
    name,
    fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
  }) as unknown as avsc.Schema;

/** Small schemas with the fields that surveys other than Rubin are recognised by, and an alert of each. */
export const surveySchemas: readonly SurveyAlert[] = [
  {
    survey: 'ZTF',
    schema: record('ztf.alert', {
      schemavsn: 'string',
      objectId: 'string',
      candid: 'long',
      candidate: record('ztf.alert.candidate', { jd: 'double', fid: 'int', candid: 'long' }),
      prv_candidates: [
        'null',
        {
          type: 'array',
          items: record('ztf.alert.prv_candidate', { jd: 'double', candid: ['null', 'long'] }),
        },
      ],
    }),
    value: {
      schemavsn: '4.02',
      objectId: 'ZTF24aaaaaaa',
      candid: 2_695_378_462,
      candidate: { jd: 2_460_676.75, fid: 1, candid: 2_695_378_462 },
      prv_candidates: [{ jd: 2_460_670.5, candid: null }],
    },
    mjd: 60_676.25,
    id: 2_695_378_462n,
    historyLength: 1,
    framing: 'container',
    scale: 'UTC',
  },
  {
    survey: 'WINTER',
    schema: record('winter.alert', {
      objectid: 'string',
      candid: 'long',
      candidate: record('winter.alert.candidate', { candid: 'long', jd: 'double' }),
      prv_candidates: [
        { type: 'array', items: record('winter.alert.prv_candidate', { jd: 'double' }) },
        'null',
      ],
    }),
    value: {
      objectid: 'WNTR24aaaab',
      candid: 12,
      candidate: { candid: 12, jd: 2_460_676.5 },
      prv_candidates: [{ jd: 2_460_670.5 }, { jd: 2_460_671.5 }],
    },
    mjd: 60_676,
    id: 12n,
    historyLength: 2,
    framing: 'container',
    scale: 'UTC',
  },
  {
    survey: 'DECam',
    schema: record('desirt.alert', {
      publisher: 'string',
      objectId: 'string',
      candid: 'long',
      candidate: record('desirt.Candidate', { mjd: 'double' }),
      fp_hists: { type: 'array', items: record('desirt.FPHist', { mjd: 'double' }) },
    }),
    value: { publisher: 'DESIRT', objectId: 'A1', candid: 7, candidate: { mjd: 59_300.5 }, fp_hists: [] },
    mjd: 59_300.5,
    id: 7n,
    historyLength: 0,
    framing: 'container',
    scale: 'UTC',
  },
  {
    survey: 'ELAsTiCC',
    schema: record('elasticc.v0_9.alert', {
      alertId: 'long',
      diaSource: record('elasticc.v0_9.diaSource', {
        diaSourceId: 'long',
        ccdVisitId: 'long',
        midPointTai: 'double',
      }),
      prvDiaSources: ['null', { type: 'array', items: 'elasticc.v0_9.diaSource' }],
    }),
    value: {
      alertId: 5,
      diaSource: { diaSourceId: 6, ccdVisitId: 9, midPointTai: 60_500.25 },
      prvDiaSources: null,
    },
    mjd: 60_500.25,
    id: 5n,
    historyLength: 0,
    framing: 'raw',
    scale: 'TAI',
  },
];
