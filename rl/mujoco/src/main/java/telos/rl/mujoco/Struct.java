package telos.rl.mujoco;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/// One of MuJoCo's two structures, `mjModel` or `mjData`: a header of numbers and of pointers into
/// one buffer. Pointers that lead out of the buffer are refused, so a wrong [Layout] ends in a
/// sentence instead of a crash.
///
/// @param kind `model` or `data`
/// @param memory the header
/// @param life of it and of all that its pointers lead to
@SuppressWarnings("restricted") // foreign memory
record Struct(String kind, MemorySegment memory, Layout layout, Arena life) {
  /// The structure at an address.
  ///
  /// @param free what is done with it at its life's end
  static Struct of(
      String kind, MemorySegment start, Layout layout, Arena life, Consumer<MemorySegment> free) {
    long size = layout.offset(kind + ".size");
    return new Struct(kind, start.reinterpret(size, life, free), layout, life);
  }

  private long offset(String field) {
    return layout.offset(kind + "." + field);
  }

  /// How many of something there are. Newer versions count with 64 bits; the lower half of a little
  /// endian one is the number.
  int count(String field) {
    int count = memory.get(JAVA_INT, offset(field));
    if (count < 0) {
      throw mismatch(field);
    }
    return count;
  }

  double number(String field) {
    return memory.get(JAVA_DOUBLE, offset(field));
  }

  /// Numbers that lie in the header itself.
  MemorySegment inside(String field, int doubles) {
    return memory.asSlice(offset(field), doubles * JAVA_DOUBLE.byteSize());
  }

  /// The numbers that a pointer leads to.
  MemorySegment array(String field, int doubles) {
    return target(field, doubles * JAVA_DOUBLE.byteSize());
  }

  float[] floats(String field, int count) {
    return target(field, count * JAVA_FLOAT.byteSize()).toArray(JAVA_FLOAT);
  }

  int[] ints(String field, int count) {
    return target(field, count * JAVA_INT.byteSize()).toArray(JAVA_INT);
  }

  byte[] bytes(String field, int count) {
    return target(field, count).toArray(JAVA_BYTE);
  }

  private MemorySegment target(String field, long bytes) {
    if (bytes == 0) {
      return MemorySegment.NULL;
    }
    MemorySegment start = memory.get(ADDRESS, offset(field));
    MemorySegment buffer = memory.get(ADDRESS, offset("buffer"));
    long before = start.address() - buffer.address();
    if (buffer.address() == 0 || before < 0 || before > size("nbuffer") - bytes) {
      throw mismatch(field);
    }
    return start.reinterpret(bytes, life, null);
  }

  /// A size in bytes.
  private long size(String field) {
    long at = offset(field);
    return layout.wide() ? memory.get(JAVA_LONG, at) : memory.get(JAVA_INT, at);
  }

  /// Makes a size at least so large.
  void raise(String field, long least) {
    long at = offset(field);
    if (size(field) >= least) {
      return;
    }
    if (layout.wide()) {
      memory.set(JAVA_LONG, at, least);
    } else {
      memory.set(JAVA_INT, at, Math.toIntExact(least));
    }
  }

  private IllegalStateException mismatch(String field) {
    return new IllegalStateException(
        "mujoco: "
            + kind
            + "."
            + field
            + " is not where MuJoCo "
            + layout.name()
            + " should have it; needs a library built from the published headers, such as that of"
            + " the Debian package libmujoco2.2.2");
  }
}
