// Products with few rows (generation reads one a sequence): y [m, n] = x [m, k] op(w) (+ bias), m at most ROWS. A work-item has one
// column, so every weight is read once for all rows. Every element is one chain of fma in increasing k, as in tiles.cl.
//
// Options: ROWS, TRANSPOSED (w is [n, k]), BIAS.
kernel void few_rows(const global float *restrict x, const global float *restrict w, const global float *restrict bias,
                     global float *restrict y, const int m, const int n, const int k) {
  const int column = get_global_id(0);
  if (column >= n) return;
  const size_t first = TRANSPOSED ? (size_t)column * k : column, step = TRANSPOSED ? 1 : n;
  float sum[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) sum[r] = 0.0f;
#pragma unroll 8
  for (int d = 0; d < k; d++) {
    const float weight = w[first + d * step];
#pragma unroll
    for (int r = 0; r < ROWS; r++) sum[r] = fma(x[(size_t)min(r, m - 1) * k + d], weight, sum[r]);
  }
  for (int r = 0; r < m; r++) y[(size_t)r * n + column] = sum[r] + (BIAS ? bias[column] : 0.0f);
}
