// What has one row [width] of the last axis as its unit: a work-group for each. Items take every
// GROUP-th element and meet in a tree, so the order of a sum depends on the width alone.

T sumOf(T own, local T *parts) {
  const int item = get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE); // the last use of parts is over
  parts[item] = own;
  for (int other = GROUP / 2; other > 0; other /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < other) parts[item] += parts[item + other];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  return parts[0];
}

// NaN if any is NaN.
T maxOf(T own, local T *parts) {
  const int item = get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  parts[item] = own;
  for (int other = GROUP / 2; other > 0; other /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < other) {
      const T a = parts[item];
      const T b = parts[item + other];
      parts[item] = a > b || a != a ? a : b;
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  return parts[0];
}

#define EACH(j) for (int j = get_local_id(0); j < width; j += GROUP)
#define ROW ((size_t) get_group_id(0) * width)

T rowMax(global const T *x, int width, local T *parts) {
  T most = x[min((int) get_local_id(0), width - 1)];
  EACH(j) most = x[j] > most || x[j] != x[j] ? x[j] : most;
  return maxOf(most, parts);
}

T rowExps(global const T *x, T most, int width, local T *parts) {
  T sum = 0;
  EACH(j) sum += exp(x[j] - most);
  return sumOf(sum, parts);
}

// --- softmax and likelihoods ---

kernel void softmax(global const T *x, global T *y, const int width) {
  local T parts[GROUP];
  x += ROW;
  y += ROW;
  const T most = rowMax(x, width, parts);
  const T scale = 1 / rowExps(x, most, width, parts);
  EACH(j) y[j] = exp(x[j] - most) * scale;
}

kernel void softmaxGrad(global const T *y, global const T *g, global T *dx, const int width) {
  local T parts[GROUP];
  y += ROW;
  g += ROW;
  dx += ROW;
  T own = 0;
  EACH(j) own += g[j] * y[j];
  const T along = sumOf(own, parts);
  EACH(j) dx[j] = y[j] * (g[j] - along);
}

kernel void logSoftmax(global const T *x, global T *y, const int width) {
  local T parts[GROUP];
  x += ROW;
  y += ROW;
  const T most = rowMax(x, width, parts);
  const T rest = log(rowExps(x, most, width, parts));
  EACH(j) y[j] = x[j] - most - rest;
}

kernel void logSoftmaxGrad(global const T *y, global const T *g, global T *dx, const int width) {
  local T parts[GROUP];
  y += ROW;
  g += ROW;
  dx += ROW;
  T own = 0;
  EACH(j) own += g[j];
  const T sum = sumOf(own, parts);
  EACH(j) dx[j] = g[j] - exp(y[j]) * sum;
}

kernel void logSumExp(global const T *x, global T *y, const int width) {
  local T parts[GROUP];
  x += ROW;
  const T most = rowMax(x, width, parts);
  const T sum = rowExps(x, most, width, parts);
  if (get_local_id(0) == 0) y[get_group_id(0)] = most + log(sum);
}

kernel void crossEntropy(
    global const T *logits, global const int *labels, global T *y, global T *logSumExps, const int width,
    volatile global int *flag, const int error) {
  local T parts[GROUP];
  const int row = get_group_id(0);
  logits += ROW;
  const T most = rowMax(logits, width, parts);
  const T sum = rowExps(logits, most, width, parts);
  if (get_local_id(0) == 0) {
    const T logSumExp = most + log(sum);
    logSumExps[row] = logSumExp;
    y[row] = logSumExp - logits[checked(labels[row], width, row, flag, error)];
  }
}

kernel void crossEntropyGrad(
    global const T *logits, global const int *labels, global const T *logSumExps, global const T *g, global T *dx,
    const int width) {
  const int row = get_group_id(0);
  const T logSumExp = logSumExps[row];
  const int label = labels[row];
  logits += ROW;
  dx += ROW;
  EACH(j) dx[j] = (exp(logits[j] - logSumExp) - (j == label ? 1 : 0)) * g[row];
}

// --- norms ---

kernel void layerNorm(
    global const T *x, global const T *gain, global const T *bias, global T *y, global T *means, global T *rstds,
    const int width, const T eps) {
  local T parts[GROUP];
  x += ROW;
  y += ROW;
  T own = 0;
  EACH(j) own += x[j];
  const T mean = sumOf(own, parts) / width;
  own = 0;
  EACH(j) own += (x[j] - mean) * (x[j] - mean);
  const T rstd = 1 / sqrt(sumOf(own, parts) / width + eps);
  EACH(j) y[j] = (x[j] - mean) * rstd * gain[j] + bias[j];
  if (get_local_id(0) == 0) {
    means[get_group_id(0)] = mean;
    rstds[get_group_id(0)] = rstd;
  }
}

kernel void rmsNorm(
    global const T *x, global const T *gain, global T *y, global T *rstds, const int width, const T eps) {
  local T parts[GROUP];
  x += ROW;
  y += ROW;
  T own = 0;
  EACH(j) own += x[j] * x[j];
  const T rstd = 1 / sqrt(sumOf(own, parts) / width + eps);
  EACH(j) y[j] = x[j] * rstd * gain[j];
  if (get_local_id(0) == 0) rstds[get_group_id(0)] = rstd;
}

// dx = rstd (h - mean(h) - n mean(h n)) with n = (x - mean) rstd, h = g gain. Without means (RMS) they are zero, and
// so is mean(h).
kernel void normGrad(
    global const T *x, global const T *gain, global const T *means, global const T *rstds, global const T *g,
    global T *dx, const int width, const int centred) {
  local T parts[GROUP];
  const int row = get_group_id(0);
  const T mean = centred ? means[row] : 0;
  const T rstd = rstds[row];
  x += ROW;
  g += ROW;
  dx += ROW;
  T own = 0;
  EACH(j) own += g[j] * gain[j];
  const T level = centred ? sumOf(own, parts) / width : 0;
  own = 0;
  EACH(j) own += g[j] * gain[j] * ((x[j] - mean) * rstd);
  const T slope = sumOf(own, parts) / width;
  EACH(j) dx[j] = (g[j] * gain[j] - level - (x[j] - mean) * rstd * slope) * rstd;
}

// Sums of g n and of g down the columns of a block of rows, [blocks, width] each.
kernel void normColumns(
    global const T *x, global const T *means, global const T *rstds, global const T *g, global T *gains,
    global T *biases, const int n, const int rows, const int width, const int block, const int centred) {
  const int i = get_global_id(0);
  if (i >= n) return;
  const int column = i % width;
  const int start = i / width * block;
  const int end = min(rows, start + block);
  T gain = 0;
  T bias = 0;
  for (int row = start; row < end; row++) {
    const size_t at = (size_t) row * width + column;
    const T mean = centred ? means[row] : 0;
    gain += g[at] * ((x[at] - mean) * rstds[row]);
    bias += g[at];
  }
  gains[i] = gain;
  if (centred) biases[i] = bias;
}

// --- positions ---

// Pairs j and j + half of the first `turning` heads turn by the angle of their position; x [rows, heads, 2 half].
kernel void rotary(
    global const T *x, global const T *cosines, global const T *sines, global T *y, const int n, const int positions,
    const int heads, const int turning, const int half_) {
  const int i = get_global_id(0);
  if (i >= n) return;
  const int j = i % half_;
  const int head = i / half_ % heads;
  const int row = i / half_ / heads;
  const size_t at = ((size_t) row * heads + head) * 2 * half_ + j;
  const int table = row % positions * half_ + j;
  const T u = x[at];
  const T v = x[at + half_];
  const T c = head < turning ? cosines[table] : 1;
  const T s = head < turning ? sines[table] : 0;
  y[at] = u * c - v * s;
  y[at + half_] = v * c + u * s;
}

// Slice index[b] along the axis of row b becomes value[b]; x [rows, outer, extent, inner], n elements of value.
kernel void put(
    global const T *value, global const int *index, global T *y, const int n, const int outer, const int extent,
    const int inner) {
  const int i = get_global_id(0);
  if (i >= n) return;
  const int c = i % inner;
  const int slice = i / inner;
  const int at = index[slice / outer];
  if (at >= 0 && at < extent) y[((size_t) slice * extent + at) * inner + c] = value[i];
}
