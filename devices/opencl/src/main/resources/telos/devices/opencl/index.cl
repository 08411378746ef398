// Gather and scatter-add along one axis of [outer, extent, inner].

kernel void gather(
    global const T *x, global const int *index, global T *y, const int n, const int picks, const int extent,
    const int inner, volatile global int *flag, const int error) {
  const int i = get_global_id(0);
  if (i >= n) return;
  const int slice = i / inner;
  const int outer = slice / picks;
  const int pick = slice - outer * picks;
  const int at = checked(index[pick], extent, pick, flag, error);
  y[i] = x[((size_t) outer * extent + at) * inner + (i - slice * inner)];
}

// Sources of destination d are order[starts[d]], ..., order[starts[d + 1] - 1].
kernel void scatter(
    global const T *source, global const int *order, global const int *starts, global T *y, const int n,
    const int picks, const int size, const int inner) {
  const int i = get_global_id(0);
  if (i >= n) return;
  const int slice = i / inner;
  const int outer = slice / size;
  const int to = slice - outer * size;
  source += (size_t) outer * picks * inner + (i - slice * inner);
  T sum = 0;
  for (int s = starts[to]; s < starts[to + 1]; s++) {
    sum += source[(size_t) order[s] * inner];
  }
  y[i] = sum;
}

// Positions in order, with their destinations. One that is none goes past the end.
kernel void begin(
    global const int *index, global int *keys, global int *order, const int picks, const int size,
    volatile global int *flag, const int error) {
  const int i = get_global_id(0);
  if (i >= picks) return;
  const int at = index[i];
  const bool inside = at >= 0 && at < size;
  if (!inside) fault(flag, error, at, i);
  keys[i] = inside ? at : size;
  order[i] = i;
}

// How often each digit occurs in an item's stretch: counts [digit, item].
kernel void count(
    global const int *keys, global int *counts, const int picks, const int items, const int stretch, const int shift) {
  const int item = get_global_id(0);
  if (item >= items) return;
  for (int digit = 0; digit < 16; digit++) counts[digit * items + item] = 0;
  const int end = min(picks, (item + 1) * stretch);
  for (int i = item * stretch; i < end; i++) {
    counts[(keys[i] >> shift & 15) * items + item]++;
  }
}

// Makes counts the sums of those before them, in one group.
kernel void places(global int *counts, const int n, local int *sums) {
  const int item = get_local_id(0);
  const int group = get_local_size(0);
  const int stretch = (n + group - 1) / group;
  const int start = min(n, item * stretch);
  const int end = min(n, start + stretch);
  int own = 0;
  for (int i = start; i < end; i++) own += counts[i];
  sums[item] = own;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (item == 0) {
    int before = 0;
    for (int i = 0; i < group; i++) {
      const int next = before + sums[i];
      sums[i] = before;
      before = next;
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  int before = sums[item];
  for (int i = start; i < end; i++) {
    const int next = before + counts[i];
    counts[i] = before;
    before = next;
  }
}

// Moves an item's stretch to its places.
kernel void move(
    global const int *keys, global const int *order, global int *counts, global int *nextKeys, global int *nextOrder,
    const int picks, const int items, const int stretch, const int shift) {
  const int item = get_global_id(0);
  if (item >= items) return;
  const int end = min(picks, (item + 1) * stretch);
  for (int i = item * stretch; i < end; i++) {
    const int to = counts[(keys[i] >> shift & 15) * items + item]++;
    nextKeys[to] = keys[i];
    nextOrder[to] = order[i];
  }
}

// The first position of each destination in the sorted keys.
kernel void starts(global const int *keys, global int *starts, const int picks, const int size) {
  const int to = get_global_id(0);
  if (to > size) return;
  int low = 0;
  int high = picks;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (keys[middle] < to) low = middle + 1;
    else high = middle;
  }
  starts[to] = low;
}
