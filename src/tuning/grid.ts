/** The values that are tried, besides the defaults. */
export const grid = { regularization: [2, 8, 24], unobservedWeight: [0.015, 0.2], tasteDecay: [0.5, 0.9] };

/** Models that are trained at most before the number of factors is looked at. */
export const maxTrials = 1 + grid.regularization.length * grid.unobservedWeight.length + grid.tasteDecay.length;
