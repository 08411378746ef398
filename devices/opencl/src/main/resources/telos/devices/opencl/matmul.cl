// Products: an item computes one element, by fma in increasing k in blocks of 256.

#define BLOCK 256

kernel void product(
    global const T *a, global const T *b, global T *c, global const int *startsA, global const int *startsB,
    const int size, const int m, const int n, const int k, const int rowA, const int columnA, const int rowB,
    const int columnB) {
  const int i = get_global_id(0);
  if (i >= size) return;
  const int batch = i / (m * n);
  const int column = i % n;
  const int row = i / n % m;
  a += (size_t) startsA[batch] * m * k + (size_t) row * rowA;
  b += (size_t) startsB[batch] * k * n + (size_t) column * columnB;
  T sum = 0;
  for (int start = 0; start < k; start += BLOCK) {
    const int end = min(k, start + BLOCK);
    T part = 0;
    for (int p = start; p < end; p++) {
      part = MULTIPLY_ADD(a[(size_t) p * columnA], b[(size_t) p * rowB], part);
    }
    sum += part;
  }
  c[i] = sum;
}

// x [B, C, H, W], w [O, C, kh, kw], y [B, O, height, width].
kernel void convolution(
    global const T *x, global const T *w, global T *y, const int size, const int channels, const int H, const int W,
    const int outputs, const int kh, const int kw, const int height, const int width, const int stride,
    const int padding) {
  const int i = get_global_id(0);
  if (i >= size) return;
  const int left = i % width * stride - padding;
  const int top = i / width % height * stride - padding;
  const int output = i / width / height % outputs;
  const int batch = i / width / height / outputs;
  w += (size_t) output * channels * kh * kw;
  x += (size_t) batch * channels * H * W;
  T sum = 0;
  for (int c = 0; c < channels; c++) {
    T part = 0;
    for (int h = max(0, -top); h < min(kh, H - top); h++) {
      for (int v = max(0, -left); v < min(kw, W - left); v++) {
        part = MULTIPLY_ADD(x[(c * H + top + h) * W + left + v], w[(c * kh + h) * kw + v], part);
      }
    }
    sum += part;
  }
  y[i] = sum;
}
