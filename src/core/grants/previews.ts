/**
 * People of the register one liaison officer may preview a grant with on one UTC day. A grant is judged
 * by a few; whoever reads on reads the register.
 */
export const previewsPerDay = 10;
