// Products of matrices for devices whose work-items are whole vector units (processors): C = op(A) op(B) (+ bias).
//
// Both operands are copied into panels that a tile reads from front to back: op(A) into [m / ROWS][k][ROWS], op(B) into
// [n / COLUMNS][k][COLUMNS], padded with zeros. Transposition is a matter of the strides with which the copies read. A work-item
// then makes one ROWS x COLUMNS tile of C in registers; every element is one chain of fma in increasing k.
//
// Where the matrices of a stack lie: matrix z of `inner` a row starts at start + z / inner * outerStep + z % inner / share * innerStep.
//
// Options: ROWS, LANES (the device's vector width in floats: 4, 8 or 16), BIAS.

#define COLUMNS (2 * LANES)

typedef int8 Place; // start, pitch, outerStep, innerStep, share

inline size_t start(Place p, int z, int inner) {
  return (size_t)p.s0 + (size_t)(z / inner) * p.s2 + (size_t)(z % inner / p.s4) * p.s3;
}

// Panels of `width` rows of a matrix whose element (row, k) lies at row * pitch + k, or the other way round.
kernel void pack(const global float *restrict x, global float *restrict panels, int rows, int k, Place place, int transposed,
                 int inner, int width) {
  const int count = (rows + width - 1) / width, panel = get_global_id(0) % count, batch = get_global_id(0) / count;
  const int row0 = panel * width, inside = min(width, rows - row0);
  const size_t across = transposed ? 1 : place.s1, along = transposed ? place.s1 : 1;
  x += start(place, batch, inner) + row0 * across;
  panels += ((size_t)batch * count + panel) * k * width;
  for (int d = 0; d < k; d++) {
    for (int r = 0; r < inside; r++) panels[(size_t)d * width + r] = x[d * along + r * across];
    for (int r = inside; r < width; r++) panels[(size_t)d * width + r] = 0.0f;
  }
}

// stepX, stepY: elements from one stack of panels to the next, zero where one serves all.
kernel void product_of_panels(const global float *restrict x, const global float *restrict y, const global float *restrict bias,
                          global float *restrict c, int m, int n, int k, Place placeC, int stepX, int stepY, int stepBias, int inner) {
  const int down = (m + ROWS - 1) / ROWS, across = (n + COLUMNS - 1) / COLUMNS, tile = get_global_id(0);
  const int i0 = tile % down * ROWS, j0 = tile / down % across * COLUMNS, batch = tile / down / across;
  x += (size_t)batch * stepX + (size_t)i0 * k;
  y += (size_t)batch * stepY + (size_t)j0 * k;
  c += start(placeC, batch, inner);
  VECTOR left[ROWS], right[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) left[r] = right[r] = (VECTOR)(0.0f);
  for (int d = 0; d < k; d++) {
    const VECTOR u = LOAD(2 * d, y), v = LOAD(2 * d + 1, y);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      const VECTOR f = (VECTOR)(x[d * ROWS + r]);
      left[r] = fma(f, u, left[r]);
      right[r] = fma(f, v, right[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (i0 + r >= m) break;
#if BIAS
    left[r] += part_of(bias + (size_t)batch * stepBias, j0, n);
    right[r] += part_of(bias + (size_t)batch * stepBias, j0 + LANES, n);
#endif
    global float *row = c + (size_t)(i0 + r) * placeC.s1;
    put(left[r], row, j0, n);
    if (j0 + LANES < n) put(right[r], row, j0 + LANES, n);
  }
}
