// What elementwise operations mean where C has no operator or function for it, for each type.

// NaN if either is NaN.
#define ORDERED(T) \
  T maximum_##T(T a, T b) { return a > b || a != a ? a : b; } \
  T minimum_##T(T a, T b) { return a < b || a != a ? a : b; } \
  T sign_##T(T x) { return x > 0 ? (T) 1 : x < 0 ? (T) -1 : x; }

// Towards zero, to the nearest where it does not fit, NaN to zero.
#define TRUNCATED(T) \
  int to_int_##T(T x) { return x != x ? 0 : convert_int_sat_rtz(x); } \
  char to_char_##T(T x) { return x != x ? 0 : convert_char_sat_rtz(x); } \
  long to_long_##T(T x) { return x != x ? 0 : convert_long_sat_rtz(x); }

// The same of four elements: a comparison of vectors is all bits or none.
float4 maximum_float4(float4 a, float4 b) { return select(b, a, a > b || a != a); }
float4 minimum_float4(float4 a, float4 b) { return select(b, a, a < b || a != a); }
float4 sign_float4(float4 x) { return select(select(x, (float4) -1, x < 0), (float4) 1, x > 0); }

ORDERED(float)
ORDERED(int)
ORDERED(uchar)
TRUNCATED(float)
#ifdef DOUBLES
ORDERED(double)
TRUNCATED(double)
#endif

// Truncates; what the processor would trap on is an error or wraps.
int quotient(int a, int b, volatile global int *flag, int error) {
  if (b == 0) {
    fault(flag, error, a, get_global_id(0));
    return 0;
  }
  return b == -1 ? (int) (0u - (uint) a) : a / b;
}

float from_bfloat16(ushort bits) {
  return as_float((uint) bits << 16);
}

// Rounded to nearest even.
ushort to_bfloat16(float x) {
  const uint bits = as_uint(x);
  return (ushort) ((x != x ? bits : bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
