/** The four bytes that every Avro object container file begins with. */
export const containerMagic = Buffer.from('Obj\u0001', 'latin1');

/** Length of the marker between a container's blocks. */
export const syncMarkerBytes = 16;
