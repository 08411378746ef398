// Products with few rows (generation reads one a sequence): every weight is read once, from memory to a few accumulators.
// y [m, n] = x [m, k] op(w) (+ bias), m at most ROWS.
//
// Options: ROWS, WX, WY (a power of two), BIAS.

// w [k, n]: a work-item has one column and every WY-th k; the partial sums meet in a tree in local memory.
kernel __attribute__((reqd_work_group_size(WX * WY, 1, 1))) void few_rows(
    const global float *restrict x, const global float *restrict w, const global float *restrict bias, global float *restrict y,
    int m, int n, int k) {
  local float part[ROWS][WY][WX];
  const int lane = get_local_id(0) % WX, slice = get_local_id(0) / WX, column = get_group_id(0) * WX + lane;
  float sum[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) sum[r] = 0.0f;
  if (column < n) {
    for (int d = slice; d < k; d += WY) {
      const float weight = w[(size_t)d * n + column];
#pragma unroll
      for (int r = 0; r < ROWS; r++) sum[r] = fma(r < m ? x[(size_t)r * k + d] : 0.0f, weight, sum[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) part[r][slice][lane] = sum[r];
  for (int reach = WY / 2; reach > 0; reach /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (slice < reach)
      for (int r = 0; r < m; r++) part[r][slice][lane] += part[r][slice + reach][lane];
  }
  if (slice == 0 && column < n)
    for (int r = 0; r < m; r++) y[(size_t)r * n + column] = part[r][0][lane] + (BIAS ? bias[column] : 0.0f);
}

// w [n, k]: a row of WX work-items shares one column of the result, each with every WX-th k.
kernel __attribute__((reqd_work_group_size(WX * WY, 1, 1))) void few_rows_transposed(
    const global float *restrict x, const global float *restrict w, const global float *restrict bias, global float *restrict y,
    int m, int n, int k) {
  local float part[ROWS][WY][WX];
  const int lane = get_local_id(0) % WX, slot = get_local_id(0) / WX, column = get_group_id(0) * WY + slot;
  float sum[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) sum[r] = 0.0f;
  if (column < n) {
    for (int d = lane; d < k; d += WX) {
      const float weight = w[(size_t)column * k + d];
#pragma unroll
      for (int r = 0; r < ROWS; r++) sum[r] = fma(r < m ? x[(size_t)r * k + d] : 0.0f, weight, sum[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) part[r][slot][lane] = sum[r];
  for (int reach = WX / 2; reach > 0; reach /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < reach)
      for (int r = 0; r < m; r++) part[r][slot][lane] += part[r][slot][lane + reach];
  }
  if (lane == 0 && column < n)
    for (int r = 0; r < m; r++) y[(size_t)r * n + column] = part[r][slot][0] + (BIAS ? bias[column] : 0.0f);
}
