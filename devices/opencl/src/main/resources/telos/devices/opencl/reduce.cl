// Reductions along one axis of [outer, extent, inner]. A stage joins blocks of the axis: the result is
// [outer, blocks, inner].

T joinSum(T a, T b) { return a + b; }

// NaN if either is NaN.
T joinMax(T a, T b) { return a > b || a != a ? a : b; }

// A group joins one block of a row (inner = 1): items take every GROUP-th element, then halve.
#define ROWS(NAME, JOIN, BEGIN) \
  kernel void NAME(global const T *x, global T *y, const int extent, const int block, const int blocks) { \
    local T parts[GROUP]; \
    const int item = get_local_id(0); \
    const int row = get_group_id(0) / blocks; \
    const int start = (get_group_id(0) - row * blocks) * block; \
    const int end = min(extent, start + block); \
    x += (size_t) row * extent; \
    T own = BEGIN; \
    for (int r = start + item; r < end; r += GROUP) { \
      own = JOIN(own, x[r]); \
    } \
    parts[item] = own; \
    for (int half_ = GROUP / 2; half_ > 0; half_ /= 2) { \
      barrier(CLK_LOCAL_MEM_FENCE); \
      if (item < half_) parts[item] = JOIN(parts[item], parts[item + half_]); \
    } \
    if (item == 0) y[get_group_id(0)] = parts[0]; \
  }

// An item joins one block in sequence.
#define ITEMS(NAME, JOIN, BEGIN) \
  kernel void NAME(global const T *x, global T *y, const int n, const int extent, const int inner, const int block, const int blocks) { \
    const int i = get_global_id(0); \
    if (i >= n) return; \
    const int column = i % inner; \
    const int row = i / inner / blocks; \
    const int start = (i / inner - row * blocks) * block; \
    const int end = min(extent, start + block); \
    x += (size_t) row * extent * inner + column; \
    T own = BEGIN; \
    for (int r = start; r < end; r++) { \
      own = JOIN(own, x[(size_t) r * inner]); \
    } \
    y[i] = own; \
  }

ROWS(sumRows, joinSum, 0)

// What sumRows gives for rows of at most 32 elements, by one item each.
kernel void sumShort(global const T *x, global T *y, const int n, const int extent) {
  const int i = get_global_id(0);
  if (i >= n) return;
  T parts[32];
  for (int r = 0; r < 32; r++) parts[r] = r < extent ? x[(size_t) i * extent + r] : 0;
  for (int other = 16; other > 0; other /= 2) {
    for (int r = 0; r < other; r++) parts[r] += parts[r + other];
  }
  y[i] = parts[0];
}

ITEMS(sumItems, joinSum, 0)
// An element of the block to begin with: there is a least integer, but no least float below -inf.
ROWS(maxRows, joinMax, x[start])
ITEMS(maxItems, joinMax, x[(size_t) start * inner])

// The first largest, or the first NaN.
bool better(T a, int i, T b, int j) {
  const bool nanA = a != a;
  const bool nanB = b != b;
  return nanA != nanB ? nanA : nanA || a == b ? i < j : a > b;
}

kernel void argMaxRows(global const T *x, global int *y, const int extent) {
  local T values[GROUP];
  local int places[GROUP];
  const int item = get_local_id(0);
  x += (size_t) get_group_id(0) * extent;
  int place = min(item, extent - 1);
  T value = x[place];
  for (int r = item + GROUP; r < extent; r += GROUP) {
    if (better(x[r], r, value, place)) {
      value = x[r];
      place = r;
    }
  }
  values[item] = value;
  places[item] = place;
  for (int other = GROUP / 2; other > 0; other /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < other && better(values[item + other], places[item + other], values[item], places[item])) {
      values[item] = values[item + other];
      places[item] = places[item + other];
    }
  }
  if (item == 0) y[get_group_id(0)] = places[0];
}

kernel void argMaxItems(global const T *x, global int *y, const int n, const int extent, const int inner) {
  const int i = get_global_id(0);
  if (i >= n) return;
  x += (size_t) (i / inner) * extent * inner + i % inner;
  int place = 0;
  for (int r = 1; r < extent; r++) {
    if (better(x[(size_t) r * inner], r, x[(size_t) place * inner], place)) place = r;
  }
  y[i] = place;
}

kernel void cumSum(global const T *x, global T *y, const int n, const int extent, const int inner) {
  const int i = get_global_id(0);
  if (i >= n) return;
  const size_t start = (size_t) (i / inner) * extent * inner + i % inner;
  T sum = 0;
  for (int r = 0; r < extent; r++) {
    sum += x[start + (size_t) r * inner];
    y[start + (size_t) r * inner] = sum;
  }
}

// Parts starts[i], ..., starts[i + 1] - 1 in sequence.
kernel void sumParts(global const T *parts, global const int *starts, global T *sums, const int n, const int at) {
  const int i = get_global_id(0);
  if (i >= n) return;
  T sum = 0;
  for (int s = starts[i]; s < starts[i + 1]; s++) sum += parts[s];
  sums[at + i] = sum;
}
