package telos.nn.format;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/// TFRecord framing, which TensorBoard reads: 8 bytes length, 4 bytes masked CRC-32C of those, the
/// record, 4 bytes masked CRC-32C of the record, all little-endian. An append that was cut short
/// loses its own record and no other.
public final class TfRecord {
  private static final int FRAME = 16;

  private TfRecord() {}

  /// Appends one record, in one write of the underlying stream.
  public static void write(OutputStream out, byte[] record) throws IOException {
    var frame = ByteBuffer.allocate(FRAME + record.length).order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(record.length);
    frame.putInt(maskedCrc(frame.array(), 0, 8));
    frame.put(record).putInt(maskedCrc(record, 0, record.length));
    out.write(frame.array());
  }

  /// Every whole record of a file. A last record that the end of the file cuts short is left out.
  ///
  /// @throws FormatException when a checksum does not match, naming the byte
  public static List<byte[]> read(Path file) throws IOException {
    var records = new ArrayList<byte[]>();
    forEach(file, (_, record) -> records.add(record));
    return records;
  }

  /// Takes one record.
  @FunctionalInterface
  public interface Visitor {
    /// @param at the byte where it begins
    void record(long at, byte[] record) throws IOException;
  }

  /// As [#read], one record in memory at a time.
  ///
  /// @return the bytes of the whole records: less than the file has if the last one is cut short
  public static long forEach(Path file, Visitor visitor) throws IOException {
    long size = Files.size(file);
    try (var in = new BufferedInputStream(Files.newInputStream(file))) {
      long at = 0;
      while (size - at >= FRAME) {
        long length = length(file, in, at);
        if (length > size - at - FRAME) {
          break;
        }
        visitor.record(at, record(file, in, at, Math.toIntExact(length)));
        at += FRAME + length;
      }
      return at;
    }
  }

  /// The first record, empty if there is no whole one.
  ///
  /// @throws FormatException when a checksum does not match
  public static Optional<byte[]> first(Path file) throws IOException {
    long size = Files.size(file);
    try (var in = new BufferedInputStream(Files.newInputStream(file))) {
      long length = size < FRAME ? size : length(file, in, 0);
      return length > size - FRAME
          ? Optional.empty()
          : Optional.of(record(file, in, 0, Math.toIntExact(length)));
    }
  }

  /// Whether a file begins like one of records.
  static boolean begins(byte[] first) {
    return first.length >= 12
        && maskedCrc(first, 0, 8)
            == ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getInt(8);
  }

  private static long length(Path file, InputStream in, long at) throws IOException {
    var head = ByteBuffer.wrap(in.readNBytes(12)).order(ByteOrder.LITTLE_ENDIAN);
    long length = head.getLong(0);
    if (maskedCrc(head.array(), 0, 8) != head.getInt(8) || length < 0) {
      throw new FormatException(
          "%s: the record at byte %d has a length that does not match its checksum"
              .formatted(file, at));
    }
    if (length > Integer.MAX_VALUE - FRAME) {
      throw new FormatException(
          "%s: the record at byte %d has %d bytes, more than one array holds"
              .formatted(file, at, length));
    }
    return length;
  }

  private static byte[] record(Path file, InputStream in, long at, int length) throws IOException {
    byte[] record = in.readNBytes(length);
    var sum = ByteBuffer.wrap(in.readNBytes(4)).order(ByteOrder.LITTLE_ENDIAN);
    if (record.length < length
        || sum.capacity() < 4
        || maskedCrc(record, 0, length) != sum.getInt(0)) {
      throw new FormatException(
          "%s: the record at byte %d does not match its checksum".formatted(file, at));
    }
    return record;
  }

  /// CRC-32C (Castagnoli), rotated right by 15 bits plus a constant, so that the sum of data that
  /// contains sums stays strong.
  static int maskedCrc(byte[] bytes, int from, int length) {
    var crc = new CRC32C();
    crc.update(bytes, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }
}
