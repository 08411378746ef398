// Products with few rows (generation reads one a sequence): y [m, n] = (x [m, k] op(w)) scale + bias. A work-item has VECTORS times
// LANES columns of ROWS rows, so that every weight is read once for so many. Every element is one chain of fma in increasing k, as in
// tiles.cl.
//
// Options: ROWS, VECTORS, LANES, WEIGHTS (type of the weights: float, char, or ushort for BF16, widened when read), TRANSPOSED (w is [n, k]),
// SCALE (by which the finished sum is multiplied), BIAS.

inline float widened_float(float w) { return w; }
inline float widened_char(char w) { return w; }
inline float widened_ushort(ushort w) { return as_float((uint)w << 16); }

#if LANES == 1
#define WIDENED(w) NAME(widened_, WEIGHTS)(LOAD(0, w))
#else
inline VECTOR widened_floats(VECTOR w) { return w; }
inline VECTOR widened_chars(NAME(char, LANES) w) { return NAME(convert_float, LANES)(w); }
inline VECTOR widened_ushorts(NAME(ushort, LANES) w) { return NAME(as_float, LANES)(NAME(convert_uint, LANES)(w) << 16); }
#define WIDENED(w) NAME(NAME(widened_, WEIGHTS), s)(LOAD(0, w))
#endif

// Weights `column`, ... of index d; beyond the last column the last again.
inline VECTOR gathered(const global WEIGHTS *w, int column, int d, int n, int k) {
  float v[LANES];
  for (int i = 0; i < LANES; i++) {
    const int at = min(column + i, n - 1);
    v[i] = NAME(widened_, WEIGHTS)(w[TRANSPOSED ? (size_t)at * k + d : (size_t)d * n + at]);
  }
  return LOAD(0, v);
}

kernel void few_rows(const global float *restrict x, const global WEIGHTS *restrict w, const global float *restrict scale,
                     const global float *restrict bias, global float *restrict y, const int m, const int n, const int k) {
  const int across = (n + VECTORS * LANES - 1) / (VECTORS * LANES);
  const int column = get_global_id(0) % across * (VECTORS * LANES), row = get_global_id(0) / across * ROWS;
  if (row >= m) return;
  x += (size_t)row * k;
  y += (size_t)row * n;
  const int rows = min(ROWS, m - row);
  const bool whole = !TRANSPOSED && column + VECTORS * LANES <= n;
  VECTOR sum[ROWS][VECTORS];
#pragma unroll
  for (int r = 0; r < ROWS; r++)
#pragma unroll
    for (int v = 0; v < VECTORS; v++) sum[r][v] = (VECTOR)(0.0f);
  for (int d = 0; d < k; d++) {
#pragma unroll
    for (int v = 0; v < VECTORS; v++) {
      const int at = column + v * LANES;
      const VECTOR weights = whole ? WIDENED(w + (size_t)d * n + at) : gathered(w, at, d, n, k);
#pragma unroll
      for (int r = 0; r < ROWS; r++) sum[r][v] = fma((VECTOR)(x[(size_t)min(r, rows - 1) * k + d]), weights, sum[r][v]);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
#pragma unroll
    for (int v = 0; v < VECTORS; v++) {
      const int at = column + v * LANES;
      if (r >= rows || at >= n) continue;
#if SCALE
      sum[r][v] *= part_of(scale, at, n);
#endif
#if BIAS
      sum[r][v] += part_of(bias, at, n);
#endif
      put(sum[r][v], y + (size_t)r * n, at, n);
    }
  }
}
