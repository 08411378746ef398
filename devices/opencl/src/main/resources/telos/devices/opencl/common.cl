// Before every program of telos.
#pragma OPENCL FP_CONTRACT OFF
#ifdef DOUBLES
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

// Notes the first error since the host looked last: its number, the value and where it was met.
void fault(volatile global int *flag, int error, int value, int position) {
  if (atomic_cmpxchg(flag, 0, error) == 0) {
    flag[1] = value;
    flag[2] = position;
  }
}

// An index into an axis, or 0 and an error.
int checked(int index, int extent, int position, volatile global int *flag, int error) {
  if (index >= 0 && index < extent) {
    return index;
  }
  fault(flag, error, index, position);
  return 0;
}

#ifdef WHOLE
#define MULTIPLY_ADD(a, b, c) ((T) ((uint) (a) * (uint) (b) + (uint) (c)))
#endif

#ifdef LANES
// Vectors of LANES floats, for devices whose work-items are whole vector units; of one where they are not.
#define PASTE(a, b) a##b
#define NAME(a, b) PASTE(a, b)
#if LANES == 1
#define VECTOR float
#define LOAD(i, p) ((p)[i])
#define STORE(v, i, p) ((p)[i] = (v))
#else
#define VECTOR NAME(float, LANES)
#define LOAD NAME(vload, LANES)
#define STORE NAME(vstore, LANES)
#endif

// Elements `column`, ... of a row of n, zeros after its end.
inline VECTOR part_of(const global float *row, int column, int n) {
  float v[LANES];
  for (int i = 0; i < LANES; i++) v[i] = column + i < n ? row[column + i] : 0.0f;
  return LOAD(0, v);
}

inline void put(VECTOR v, global float *row, int column, int n) {
  if (column + LANES <= n) {
    STORE(v, 0, row + column);
  } else {
    float part[LANES];
    STORE(v, 0, part);
    for (int i = 0; i < n - column; i++) row[column + i] = part[i];
  }
}
#endif
