// Parts [item][part][size] of products that were cut along k, added in order.
kernel void sum_parts(const global float *restrict partial, global float *restrict y, const int parts, const int size,
                      const int total) {
  const int at = get_global_id(0);
  if (at >= total) return;
  const global float *p = partial + (size_t)(at / size) * parts * size + at % size;
  float sum = 0.0f;
  for (int i = 0; i < parts; i++) sum += p[(size_t)i * size];
  y[at] = sum;
}
