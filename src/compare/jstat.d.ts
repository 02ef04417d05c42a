/** The part of jStat that is used; the package brings no types. */
declare module 'jstat' {
  const library: {
    readonly jStat: {
      /** Student's t distribution. */
      readonly studentt: {
        /** The value below which a share `p` lies. */
        inv(p: number, degreesOfFreedom: number): number;
        /** The share below `x`. */
        cdf(x: number, degreesOfFreedom: number): number;
      };
    };
  };
  export default library;
}
