package telos.nn.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.Set;

/// What the numbers of a tensor are like.
///
/// @param nan how many are no numbers; the others make up the rest
/// @param min NaN if there is none
/// @param max NaN if there is none
/// @param mean NaN if there is none
public record TensorStatistics(long nan, double min, double max, double mean) {
  private static final int BLOCK = 1 << 16;
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

  /// Reads the data of one entry, which `in` stands at.
  static TensorStatistics of(String source, InputStream in, SafeTensorsHeader.Entry entry)
      throws IOException {
    var block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    int width = entry.type().bits() / 8;
    var running = new Running();
    for (long left = entry.bytes(); left > 0; left -= BLOCK) {
      int length = (int) Math.min(BLOCK, left);
      if (in.readNBytes(block.array(), 0, length) < length) {
        throw new FormatException("%s: became shorter while it was read".formatted(source));
      }
      for (int i = 0; i < length / width; i++) {
        running.add(Elements.number(block, entry.type(), i));
      }
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
