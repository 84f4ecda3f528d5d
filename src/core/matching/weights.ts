/**
 * Every weight of the comparison in bits: log2 of how much likelier an observation is when two
 * records are of one person than when they are of two (Fellegi and Sunter 1969). Estimated on half
 * of a development set, rounded, and fixed here; docs/matching.md has the estimates and what they
 * give on the other half. Nothing is fitted to a register.
 */
export const weights = {
  name: {
    /** Share of a part's rarity that agreement at level 0 to 4 is worth; see `comparePart`. */
    levelShare: [0, 0.15, 0.85, 0.97, 1],
    /** Parts borne or left out at will, and titles, by their role. */
    optionalShare: 0.6,
    titleShare: 0.5,
    /** A part that identifies and has no counterpart: in the question, on the register. */
    askedAlone: -1,
    knownAlone: -0.2,
    /** Further, for each pair of such parts on both sides. */
    conflict: -3,
    /** Further, when the leading given name of either side has no counterpart. */
    leadAlone: -1.5,
    least: -10,
    most: 17,
  },
  kin: { least: -4, most: 8 },
  date: {
    SAME_DAY: 12,
    SWAPPED: 8,
    NEXT_DAY: 9,
    YEAR_EXCHANGED: 10,
    SAME_DAY_NEAR_YEAR: 9.5,
    SAME_MONTH: 7,
    SAME_YEAR: 4.5,
    SLIP: 2,
    IN_RANGE: 3.5,
    NEAR_YEAR: 2,
    PLACEHOLDER: 4.2,
    YEAR_DIGITS: -0.5,
    YEAR_ONLY: -1,
    FAR_YEAR: -1.5,
    FAR_DAY: -3,
    DIFFERENT: -7.5,
  },
  document: {
    /** At most; a short number is worth less by its length. */
    SAME: 18,
    perCharacter: 2.4,
    NEAR: 10,
    /** A visa reference names a family. */
    SHARED: 6,
    /** The next number when the names agree whole is a misread digit; otherwise it is a relative. */
    NEIGHBOUR_OF_NAMESAKE: 4,
    NEIGHBOUR: -7,
    OTHER: -1.5,
  },
  sex: { agrees: 0.8, differs: -4 },
  /** Nearly everybody on such a register is Afghan; that another nationality agrees says more. */
  nationality: { agrees: 2, commonAgrees: 0.6, differs: -5 },
};

/** The nationality nearly everybody on a register of this kind has. */
export const commonNationality = 'AFG';
