package telos.nn.format;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;

/// What the numbers of a tensor are like.
///
/// @param nan how many are no numbers; the others make up the rest
/// @param min NaN if there is none
/// @param max NaN if there is none
/// @param mean NaN if there is none
public record TensorStatistics(long nan, double min, double max, double mean) {
  private static final Set<StoredType> KNOWN =
      EnumSet.of(
          StoredType.BOOL,
          StoredType.U8,
          StoredType.I8,
          StoredType.I16,
          StoredType.U16,
          StoredType.F16,
          StoredType.BF16,
          StoredType.I32,
          StoredType.U32,
          StoredType.F32,
          StoredType.F64,
          StoredType.I64);

  /// Whether the numbers of a type are known.
  static boolean knows(StoredType type) {
    return KNOWN.contains(type);
  }

  /// Of the elements in `data`.
  static TensorStatistics of(MemorySegment data, StoredType type) {
    var running = new Running();
    long size = data.byteSize() / (type.bits() / 8);
    for (long i = 0; i < size; i++) {
      running.add(Elements.number(data, type, i));
    }
    return running.statistics();
  }

  /// What was seen so far.
  private static final class Running {
    private long nan;
    private long count;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    private double sum;

    void add(double value) {
      if (Double.isNaN(value)) {
        nan++;
        return;
      }
      count++;
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
    }

    TensorStatistics statistics() {
      return count == 0
          ? new TensorStatistics(nan, Double.NaN, Double.NaN, Double.NaN)
          : new TensorStatistics(nan, min, max, sum / count);
    }
  }
}
