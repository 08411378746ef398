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
