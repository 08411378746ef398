// The rows of causal attention between its products (see tiles.cl): scores become weights, and cotangents of weights those of
// scores. Rows [sequence][head][query]; `first` is the row of all sequences that the first one of a pass is.
//
// Option: ITEMS, work-items of a row, a power of two.

inline float tree(local float *part, float value, bool sum) {
  const int item = get_local_id(0);
  part[item] = value;
  for (int reach = ITEMS / 2; reach > 0; reach /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < reach) part[item] = sum ? part[item] + part[item + reach] : fmax(part[item], part[item + reach]);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const float result = part[0];
  barrier(CLK_LOCAL_MEM_FENCE);
  return result;
}

// scores [rows, T] in place: the softmax of scale * row over the keys up to the query, zero after it. statistics [rows, 2]: the
// maximum and one over the sum of the exponentials.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void causal_softmax(
    global float *restrict scores, global float *restrict statistics, const int first, const int length, const float scale) {
  local float part[ITEMS];
  const int item = get_local_id(0), row = get_group_id(0), query = row % length;
  global float *s = scores + (size_t)row * length;
  float most = -INFINITY;
  for (int t = item; t <= query; t += ITEMS) most = fmax(most, s[t] * scale);
  most = tree(part, most, false);
  float sum = 0.0f;
  for (int t = item; t <= query; t += ITEMS) {
    const float e = exp(s[t] * scale - most);
    s[t] = e;
    sum += e;
  }
  const float inverse = 1.0f / tree(part, sum, true);
  for (int t = item; t < length; t += ITEMS) s[t] = t <= query ? s[t] * inverse : 0.0f;
  if (item == 0) {
    statistics[(size_t)(first + row) * 2] = most;
    statistics[(size_t)(first + row) * 2 + 1] = inverse;
  }
}

// The weights again, from scores and statistics.
kernel void causal_weights(global float *restrict scores, const global float *restrict statistics, const int first,
                           const long size, const int length, const float scale) {
  const long at = get_global_id(0);
  if (at >= size) return;
  const int t = at % length, row = at / length;
  const global float *of = statistics + (size_t)(first + row) * 2;
  scores[at] = t <= row % length ? exp(scores[at] * scale - of[0]) * of[1] : 0.0f;
}

// along [rows]: the sum of y dy over each head.
kernel void head_sums(const global float *restrict y, const global float *restrict dy, global float *restrict along,
                      const int rows, const int width) {
  const int row = get_global_id(0);
  if (row >= rows) return;
  float sum = 0.0f;
  for (int d = 0; d < width; d++) sum = fma(y[(size_t)row * width + d], dy[(size_t)row * width + d], sum);
  along[row] = sum;
}

// dP in place: dS = P (dP - along) scale; along [B, T, H].
kernel void score_cotangents(global float *restrict dP, const global float *restrict weights, const global float *restrict along,
                             const int first, const long size, const int length, const int heads, const float scale) {
  const long at = get_global_id(0);
  if (at >= size) return;
  const int t = at % length, row = first + at / length, query = row % length, z = row / length;
  const float a = along[((size_t)(z / heads) * length + query) * heads + z % heads];
  dP[at] = t <= query ? weights[at] * (dP[at] - a) * scale : 0.0f;
}

// Cotangents [sequence][query head][T][D], summed over each group of query heads, into the packed [T][heads][D] of each sequence.
kernel void group_sums(const global float *restrict each, global float *restrict packed, const int start, const int size,
                       const int length, const int heads, const int keyHeads, const int width) {
  const int at = get_global_id(0);
  if (at >= size) return;
  const int d = at % width, t = at / width % length, head = at / width / length % keyHeads, z = at / width / length / keyHeads;
  const int group = heads / keyHeads;
  const global float *e = each + ((size_t)(z * heads + head * group) * length + t) * width + d;
  float sum = 0.0f;
  for (int g = 0; g < group; g++) sum += e[(size_t)g * length * width];
  packed[start + ((size_t)(z * length + t) * (heads + 2 * keyHeads) + head) * width + d] = sum;
}
