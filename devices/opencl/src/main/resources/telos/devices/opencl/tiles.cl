// Products of matrices, C = op(A) op(B) (+ bias), and stacks of them. Work-groups count tiles along n, then m, then the stack.
//
// One work-group makes a tile of (WY TM) x (WX TN) elements of C; a work-item holds TM x TN of them in registers. Slabs of DEPTH
// columns of op(A) and rows of op(B) pass through local memory, two at a time: while one is multiplied the next is under way.
// Every element is one chain of fma in increasing k, whatever the tile.
//
// A row of a slab in local memory is four elements longer than the tile, so that transposing stores meet different banks.
//
// Where the matrices of a stack lie: matrix z of `inner` a row starts at start + z / inner * outerStep + z % inner / share * innerStep;
// its rows are `pitch` elements apart.
//
// CAUSAL says what a causal mask of attention, of which a query sees the last `window` keys, spares: 1, tiles of C that lie above the
// diagonal, or before the window, are left alone; 2, op(A) is zero there, so k runs from the window of the tile's first row to its last
// row; 3, op(A) is the transpose of such a matrix, so k runs from the tile's first row to the window of its last.
//
// Options: CAUSAL, TM, TN (multiples of 4), WX, WY, DEPTH (multiple of 4), TRANSPOSE_A, TRANSPOSE_B, BIAS, and ALIGNED where every extent,
// leading dimension and start is a multiple of 4, so that memory is read in vectors.

#define TILE_M (WY * TM)
#define TILE_N (WX * TN)
#define ITEMS (WX * WY)
#define PITCH_M (TILE_M + 4)
#define PITCH_N (TILE_N + 4)
#define LOADS_A (TILE_M * DEPTH / 4 / ITEMS)
#define LOADS_B (TILE_N * DEPTH / 4 / ITEMS)

// Four elements along the contiguous axis from (row, column) of a matrix, zeros outside.
inline float4 quad(const global float *x, int row, int column, int rows, int columns, int ld) {
#if ALIGNED
  return row < rows && column < columns ? *(const global float4 *)(x + (size_t)row * ld + column) : (float4)(0.0f);
#else
  const global float *p = x + (size_t)row * ld + column;
  bool in = row < rows;
  return (float4)(in && column < columns ? p[0] : 0.0f, in && column + 1 < columns ? p[1] : 0.0f,
                  in && column + 2 < columns ? p[2] : 0.0f, in && column + 3 < columns ? p[3] : 0.0f);
#endif
}

// Quads `e` of a slab that lies with k along memory: [extent][DEPTH].
#define K_ROW(e) ((e) / (DEPTH / 4))
#define K_DEPTH(e) ((e) % (DEPTH / 4) * 4)
// ... and of one that lies with the tile's own axis along memory: [DEPTH][extent].
#define T_DEPTH(e, tile) ((e) / ((tile) / 4))
#define T_COLUMN(e, tile) ((e) % ((tile) / 4) * 4)

typedef int8 Place; // start, pitch, outerStep, innerStep, share

inline size_t start(Place p, int z, int inner) {
  return (size_t)p.s0 + (size_t)(z / inner) * p.s2 + (size_t)(z % inner / p.s4) * p.s3;
}

inline void spread(local float *slab, int pitch, int row, int depth, float4 v) {
  slab[depth * pitch + row] = v.x;
  slab[(depth + 1) * pitch + row] = v.y;
  slab[(depth + 2) * pitch + row] = v.z;
  slab[(depth + 3) * pitch + row] = v.w;
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void product_of_tiles(
    const global float *restrict a, const global float *restrict b, const global float *restrict bias, global float *restrict c,
    int m, int n, int k, Place placeA, Place placeB, Place placeC, int stepBias, int inner, int window) {
  local float4 slabA[2][DEPTH * PITCH_M / 4];
  local float4 slabB[2][DEPTH * PITCH_N / 4];
  const int item = get_local_id(0), tx = item % WX, ty = item / WX, tile = get_group_id(0);
  const int across = (n + TILE_N - 1) / TILE_N, down = (m + TILE_M - 1) / TILE_M;
  const int n0 = tile % across * TILE_N, m0 = tile / across % down * TILE_M, batch = tile / across / down;
  const int lda = placeA.s1, ldb = placeB.s1, ldc = placeC.s1;
  if (CAUSAL == 1 && (n0 >= m0 + TILE_M || n0 + TILE_N <= m0 - window + 1)) return;
  a += start(placeA, batch, inner);
  b += start(placeB, batch, inner);
  c += start(placeC, batch, inner);
  float4 nextA[LOADS_A], nextB[LOADS_B], sum[TM][TN / 4];
#pragma unroll
  for (int i = 0; i < TM; i++)
#pragma unroll
    for (int j = 0; j < TN / 4; j++) sum[i][j] = (float4)(0.0f);

  const int first = (CAUSAL == 3 ? m0 : CAUSAL == 2 ? max(0, m0 - window + 1) : 0) / DEPTH;
  const int end = CAUSAL == 2 ? m0 + TILE_M : CAUSAL == 3 && window < k ? m0 + TILE_M - 1 + window : k;
  const int slabs = (min(k, end) + DEPTH - 1) / DEPTH;
  for (int s = first; s <= slabs; s++) {
    if (s < slabs) {
      const int k0 = s * DEPTH;
#pragma unroll
      for (int i = 0; i < LOADS_A; i++) {
        const int e = item + i * ITEMS;
        nextA[i] = TRANSPOSE_A ? quad(a, k0 + T_DEPTH(e, TILE_M), m0 + T_COLUMN(e, TILE_M), k, m, lda)
                               : quad(a, m0 + K_ROW(e), k0 + K_DEPTH(e), m, k, lda);
      }
#pragma unroll
      for (int i = 0; i < LOADS_B; i++) {
        const int e = item + i * ITEMS;
        nextB[i] = TRANSPOSE_B ? quad(b, n0 + K_ROW(e), k0 + K_DEPTH(e), n, k, ldb)
                               : quad(b, k0 + T_DEPTH(e, TILE_N), n0 + T_COLUMN(e, TILE_N), k, n, ldb);
      }
    }
    if (s > first) {
      const local float4 *x = slabA[(s - 1) & 1] + ty;
      const local float4 *y = slabB[(s - 1) & 1] + tx;
#pragma unroll
      for (int d = 0; d < DEPTH; d++) {
        float4 u[TM / 4], v[TN / 4];
#pragma unroll
        for (int i = 0; i < TM / 4; i++) u[i] = x[d * (PITCH_M / 4) + i * WY];
#pragma unroll
        for (int j = 0; j < TN / 4; j++) v[j] = y[d * (PITCH_N / 4) + j * WX];
#pragma unroll
        for (int i = 0; i < TM / 4; i++)
#pragma unroll
          for (int j = 0; j < TN / 4; j++) {
            sum[4 * i][j] = fma((float4)(u[i].x), v[j], sum[4 * i][j]);
            sum[4 * i + 1][j] = fma((float4)(u[i].y), v[j], sum[4 * i + 1][j]);
            sum[4 * i + 2][j] = fma((float4)(u[i].z), v[j], sum[4 * i + 2][j]);
            sum[4 * i + 3][j] = fma((float4)(u[i].w), v[j], sum[4 * i + 3][j]);
          }
      }
    }
    if (s < slabs) {
      local float *x = (local float *)slabA[s & 1];
      local float *y = (local float *)slabB[s & 1];
#pragma unroll
      for (int i = 0; i < LOADS_A; i++) {
        const int e = item + i * ITEMS;
        if (TRANSPOSE_A)
          *(local float4 *)(x + T_DEPTH(e, TILE_M) * PITCH_M + T_COLUMN(e, TILE_M)) = nextA[i];
        else
          spread(x, PITCH_M, K_ROW(e), K_DEPTH(e), nextA[i]);
      }
#pragma unroll
      for (int i = 0; i < LOADS_B; i++) {
        const int e = item + i * ITEMS;
        if (TRANSPOSE_B)
          spread(y, PITCH_N, K_ROW(e), K_DEPTH(e), nextB[i]);
        else
          *(local float4 *)(y + T_DEPTH(e, TILE_N) * PITCH_N + T_COLUMN(e, TILE_N)) = nextB[i];
      }
      barrier(CLK_LOCAL_MEM_FENCE);
    }
  }

#pragma unroll
  for (int i = 0; i < TM; i++) {
    const int row = m0 + i / 4 * WY * 4 + ty * 4 + i % 4;
    if (row >= m) continue;
#pragma unroll
    for (int j = 0; j < TN / 4; j++) {
      const int column = n0 + j * WX * 4 + tx * 4;
      float4 v = sum[i][j];
#if BIAS
      v += quad(bias + (size_t)batch * stepBias, 0, column, 1, n, n);
#endif
#if ALIGNED
      if (column < n) *(global float4 *)(c + (size_t)row * ldc + column) = v;
#else
      global float *p = c + (size_t)row * ldc + column;
      if (column < n) p[0] = v.x;
      if (column + 1 < n) p[1] = v.y;
      if (column + 2 < n) p[2] = v.z;
      if (column + 3 < n) p[3] = v.w;
#endif
    }
  }
}
