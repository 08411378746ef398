package telos.nn.format;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import telos.tensor.Tensor;

/// PNG images (ISO/IEC 15948) of tensors, without a toolkit for windows behind them.
public final class Png {
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int HEADER = 33;

  /// The colour type of 1 (grey), 2 (grey and alpha), 3 (RGB) and 4 (RGBA) channels.
  private static final byte[] COLOUR_TYPES = {0, 4, 2, 6};

  private Png() {}

  /// What the first chunk says.
  record Header(int width, int height, int channels) {}

  /// An image of 8 bits a channel.
  ///
  /// @param image F32 `[H, W, C]` with C of 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA); 0 is
  ///   dark, 1 bright, what lies outside is cut off, NaN is dark
  public static byte[] encode(Tensor image) {
    if (image.rank() != 3 || image.size() == 0 || image.dim(2) > COLOUR_TYPES.length) {
      throw new IllegalArgumentException(
          "png: an image is [H, W, C] with 1 to 4 channels and at least one pixel, got "
              + image.shape());
    }
    try {
      var bytes = new ByteArrayOutputStream();
      var out = new DataOutputStream(bytes);
      out.writeLong(SIGNATURE);
      chunk(out, "IHDR", header(image.dim(1), image.dim(0), image.dim(2)));
      chunk(out, "IDAT", pixels(image.toFloats(), image.dim(1) * image.dim(2)));
      chunk(out, "IEND", new byte[0]);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("memory refused a write", e);
    }
  }

  private static byte[] header(int width, int height, int channels) {
    return ByteBuffer.allocate(13)
        .putInt(width)
        .putInt(height)
        .put((byte) 8)
        .put(COLOUR_TYPES[channels - 1])
        .array();
  }

  /// Rows of bytes, each after a 0 that says it is not filtered, compressed.
  private static byte[] pixels(float[] values, int row) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DeflaterOutputStream(bytes)) {
      for (int i = 0; i < values.length; i++) {
        if (i % row == 0) {
          out.write(0);
        }
        out.write(Math.round(Math.clamp(values[i], 0f, 1f) * 255));
      }
    }
    return bytes.toByteArray();
  }

  /// Length, type, data, and the CRC-32 of the last two.
  private static void chunk(DataOutputStream out, String type, byte[] data) throws IOException {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    var crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.writeInt(data.length);
    out.write(name);
    out.write(data);
    out.writeInt((int) crc.getValue());
  }

  /// Reads the size and the kind of an encoded image.
  ///
  /// @throws IllegalArgumentException when it is no PNG file
  static Header header(byte[] png) {
    var in = ByteBuffer.wrap(png);
    if (png.length < HEADER || in.getLong(0) != SIGNATURE || in.getInt(12) != 0x49484452) {
      throw new IllegalArgumentException("png: these %d bytes are no image".formatted(png.length));
    }
    int channels =
        switch (png[25]) {
          case 0 -> 1;
          case 4 -> 2;
          case 6 -> 4;
          default -> 3;
        };
    return new Header(in.getInt(16), in.getInt(20), channels);
  }
}
