package telos.rl.data;

import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;
import telos.nn.format.FormatException;
import telos.rl.environment.Space;
import telos.tensor.Tensor;

/// Images `[H, W]` or `[H, W, 3]` that Minari stored as JPEG: a row of bytes each, instead of an
/// array of the box's shape.
final class JpegFrames {
  private JpegFrames() {}

  /// Whether a dataset holds bytes where the box asks for arrays.
  static boolean are(Hdf5Dataset dataset, Space.Box box) throws FormatException {
    return box.shape().size() >= 2 && dataset.dims().length <= 2;
  }

  /// The images, I32 `[R, H, W]` or `[R, H, W, 3]`.
  static Tensor read(Hdf5Dataset dataset, Space.Box box) throws FormatException {
    List<byte[]> frames = dataset.byteRows();
    int size = box.size();
    int[] pixels = new int[Math.multiplyExact(frames.size(), size)];
    for (int i = 0; i < frames.size(); i++) {
      int[] frame = decode(dataset, i, frames.get(i), box.shape());
      System.arraycopy(frame, 0, pixels, i * size, size);
    }
    return Tensor.of(pixels, Header.rows(frames.size(), box.shape()));
  }

  /// One image. Its size is compared with the box before it is unpacked.
  private static int[] decode(Hdf5Dataset dataset, int row, byte[] bytes, List<Integer> shape)
      throws FormatException {
    var reader = ImageIO.getImageReadersByFormatName("jpeg").next();
    try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, true, true);
      if (reader.getHeight(0) != shape.get(0) || reader.getWidth(0) != shape.get(1)) {
        throw dataset.fault(
            "has an image of %d x %d in row %d, and the space is %s"
                .formatted(reader.getHeight(0), reader.getWidth(0), row, shape));
      }
      Raster raster = reader.read(0).getRaster();
      if (raster.getNumBands() != (shape.size() == 2 ? 1 : shape.get(2))) {
        throw dataset.fault(
            "has an image of %d channels in row %d, and the space is %s"
                .formatted(raster.getNumBands(), row, shape));
      }
      return raster.getPixels(0, 0, raster.getWidth(), raster.getHeight(), (int[]) null);
    } catch (FormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw dataset.fault("has no JPEG in row %d: %s".formatted(row, e.getMessage()));
    } finally {
      reader.dispose();
    }
  }
}
