export const containerMagic = Buffer.from('Obj\u0001', 'latin1');

export const syncMarkerBytes = 16;
