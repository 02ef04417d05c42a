/** The part of jStat that we use; the package has no types. */
declare module 'jstat' {
  const library: {
    readonly jStat: {
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
