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

// The first key that a query sees.
#define BEGIN(query, window) max(0, (query) - (window) + 1)

// The softmax of scale * s over the keys from .. last in place, zero for all others up to `length`; its maximum and one over its sum.
// Items take every ITEMS-th key, counted from the first of all, so keys that are not seen change no bit.
inline float2 softmax_of(global float *s, local float *part, int length, int from, int last, float scale) {
  const int item = get_local_id(0), begin = from / ITEMS * ITEMS + item;
  float most = -INFINITY;
  for (int t = begin; t <= last; t += ITEMS) most = t < from ? most : fmax(most, s[t] * scale);
  most = tree(part, most, false);
  float sum = 0.0f;
  for (int t = begin; t <= last; t += ITEMS) {
    const float e = t < from ? 0.0f : exp(s[t] * scale - most);
    s[t] = e;
    sum += e;
  }
  const float inverse = 1.0f / tree(part, sum, true);
  for (int t = item; t < length; t += ITEMS) s[t] = t >= from && t <= last ? s[t] * inverse : 0.0f;
  return (float2)(most, inverse);
}

// scores [rows, T] in place: weights of the keys that each query sees. statistics [rows, 2]: maximum and one over the sum.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void causal_softmax(
    global float *restrict scores, global float *restrict statistics, const int first, const int length, const float scale,
    const int window) {
  local float part[ITEMS];
  const int row = get_group_id(0), query = row % length;
  const float2 found = softmax_of(scores + (size_t)row * length, part, length, BEGIN(query, window), query, scale);
  if (get_local_id(0) == 0) vstore2(found, first + row, statistics);
}

// The weights again, from scores and statistics.
kernel void causal_weights(global float *restrict scores, const global float *restrict statistics, const int first,
                           const long size, const int length, const float scale, const int window) {
  const long at = get_global_id(0);
  if (at >= size) return;
  const int t = at % length, row = at / length, query = row % length;
  const global float *of = statistics + (size_t)(first + row) * 2;
  scores[at] = t >= BEGIN(query, window) && t <= query ? exp(scores[at] * scale - of[0]) * of[1] : 0.0f;
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
                             const int first, const long size, const int length, const int heads, const float scale, const int window) {
  const long at = get_global_id(0);
  if (at >= size) return;
  const int t = at % length, row = first + at / length, query = row % length, z = row / length;
  const float a = along[((size_t)(z / heads) * length + query) * heads + z % heads];
  dP[at] = t >= BEGIN(query, window) && t <= query ? weights[at] * (dP[at] - a) * scale : 0.0f;
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

// --- new queries against cached keys and values ---
//
// Rows [sequence][query][head]; query i of sequence b stands at position start[b] + i. Blocks of BLOCK positions are parameters, eight
// a launch, of which `count` are there: the blocks `first`, ... of `length / BLOCK`.
#define BLOCK 64
#define BLOCKS(type, name) type name##0, type name##1, type name##2, type name##3, type name##4, type name##5, type name##6, type name##7
#define CHOSEN(name, i) \
  (i < 4 ? (i < 2 ? (i < 1 ? name##0 : name##1) : (i < 3 ? name##2 : name##3)) \
         : (i < 6 ? (i < 5 ? name##4 : name##5) : (i < 7 ? name##6 : name##7)))

inline int last_of(const global int *start, int row, int queries, int heads, int length) {
  return min(start[row / heads / queries] + row / heads % queries, length - 1);
}

#ifdef LANES
// scores [rows, length] of the keys that are seen, without scale: an item has LANES of them. Keys [B, K, D, BLOCK].
kernel void cached_scores(const global float *restrict q, global float *restrict scores, const global int *restrict start,
                          const int rows, const int queries, const int heads, const int keyHeads, const int width, const int length,
                          const int window, const int first, const int count, BLOCKS(const global float *restrict, keys)) {
  const int across = count * (BLOCK / LANES), row = get_global_id(0) / across, key = get_global_id(0) % across * LANES;
  if (row >= rows) return;
  const int last = last_of(start, row, queries, heads, length), t = first * BLOCK + key, block = key / BLOCK;
  if (t > last || t + LANES <= BEGIN(last, window)) return;
  const int z = row / heads / queries * keyHeads + row % heads / (heads / keyHeads);
  const global float *k = CHOSEN(keys, block) + (size_t)z * width * BLOCK + key % BLOCK;
  VECTOR sum = (VECTOR)(0.0f);
  for (int d = 0; d < width; d++) sum = fma((VECTOR)(q[(size_t)row * width + d]), LOAD(0, k + d * BLOCK), sum);
  STORE(sum, 0, scores + (size_t)row * length + t);
}

// y [rows, D]: the sum over the keys that are seen, carried on from launch to launch. Values [B, K, BLOCK, D], D a multiple of LANES.
kernel void cached_values(const global float *restrict weights, global float *restrict y, const global int *restrict start,
                          const int rows, const int queries, const int heads, const int keyHeads, const int width, const int length,
                          const int window, const int first, const int count, BLOCKS(const global float *restrict, values)) {
  const int across = width / LANES, row = get_global_id(0) / across, d = get_global_id(0) % across * LANES;
  if (row >= rows) return;
  const int last = last_of(start, row, queries, heads, length), begin = BEGIN(last, window);
  const int z = row / heads / queries * keyHeads + row % heads / (heads / keyHeads);
  y += (size_t)row * width + d;
  weights += (size_t)row * length;
  VECTOR sum = first == 0 ? (VECTOR)(0.0f) : LOAD(0, y);
  for (int i = 0; i < count; i++) {
    const int t0 = (first + i) * BLOCK, to = min(last + 1, t0 + BLOCK);
    const global float *v = CHOSEN(values, i) + (size_t)z * BLOCK * width + d;
    for (int t = max(begin, t0); t < to; t++) sum = fma((VECTOR)(weights[t]), LOAD(0, v + (t - t0) * width), sum);
  }
  STORE(sum, 0, y);
}
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void cached_softmax(
    global float *restrict scores, const global int *restrict start, const int queries, const int heads, const int length,
    const float scale, const int window) {
  local float part[ITEMS];
  const int row = get_group_id(0), last = last_of(start, row, queries, heads, length);
  softmax_of(scores + (size_t)row * length, part, length, BEGIN(last, window), last, scale);
}
#endif
