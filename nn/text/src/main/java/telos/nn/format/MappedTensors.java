package telos.nn.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A safetensors file mapped into memory, its header checked. Tensors are read one by one, each
/// from the file straight into its own array, so no copy of the file stands on the heap.
final class MappedTensors implements AutoCloseable {
  private final String source;
  private final Runnable unmap;
  private final MemorySegment data;
  private final SafeTensorsHeader header;

  private MappedTensors(String source, Runnable unmap, MemorySegment file) throws IOException {
    this.source = source;
    this.unmap = unmap;
    this.header = SafeTensorsHeader.read(source, file);
    this.data = file.asSlice(header.dataStart());
  }

  /// Maps a file of any size.
  static MappedTensors open(Path file) throws IOException {
    return open(file, Long.MAX_VALUE);
  }

  /// Maps a file, refusing one of more than `limit` bytes.
  static MappedTensors open(Path file, long limit) throws IOException {
    var arena = Arena.ofShared();
    try {
      return new MappedTensors(file.toString(), arena::close, map(file, arena, limit));
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// The content of a file that stands in memory.
  static MappedTensors of(String source, MemorySegment file) throws IOException {
    return new MappedTensors(source, () -> {}, file);
  }

  private static MemorySegment map(Path file, Arena arena, long limit) throws IOException {
    try {
      if (!Files.isRegularFile(file)) {
        throw new IOException(Files.exists(file) ? "not a file" : "no such file");
      }
      try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
        long size = channel.size();
        if (size > limit) {
          throw new FormatException(
              "%s: has %d bytes, more than the limit of %d".formatted(file, size, limit));
        }
        return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      }
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException("cannot read %s: %s".formatted(file, AtomicFiles.reason(e)), e);
    }
  }

  SafeTensorsHeader header() {
    return header;
  }

  /// All tensors by name, on the current device.
  ///
  /// @throws FormatException when one of them cannot be loaded
  Map<String, Tensor> tensors() throws FormatException {
    return tensors(false);
  }

  /// The same, widened or as they are stored.
  Map<String, Tensor> tensors(boolean stored) throws FormatException {
    for (var entry : header.entries()) {
      checkLoadable(entry);
    }
    var tensors = new LinkedHashMap<String, Tensor>();
    for (var entry : header.entries()) {
      tensors.put(entry.name(), tensor(entry, stored));
    }
    return Collections.unmodifiableMap(tensors);
  }

  /// One tensor, widened as [SafeTensors#read(Path)] says.
  Tensor tensor(SafeTensorsHeader.Entry entry) throws FormatException {
    return tensor(entry, false);
  }

  private Tensor tensor(SafeTensorsHeader.Entry entry, boolean stored) throws FormatException {
    checkLoadable(entry);
    var shape = Shape.of(entry.shape().stream().mapToInt(Long::intValue).toArray());
    var where = "%s: tensor \"%s\"".formatted(source, entry.name());
    try {
      var type = entry.type();
      var array =
          stored
              ? Elements.readStored(where, bytes(entry), type, shape.size())
              : Elements.read(where, bytes(entry), type, shape.size());
      var dtype = stored ? type.kept() : type.dtype();
      return Tensor.of(array, Objects.requireNonNull(dtype), shape);
    } catch (InternalError e) {
      // What the JVM throws where pages of a mapped file are gone.
      throw new FormatException(
          "%s: the file became shorter while it was read".formatted(where), e);
    }
  }

  /// Whether two tensors, perhaps of two files, have the same type, shape and bytes.
  boolean holdsSame(
      SafeTensorsHeader.Entry entry, MappedTensors other, SafeTensorsHeader.Entry otherEntry) {
    return entry.type() == otherEntry.type()
        && entry.shape().equals(otherEntry.shape())
        && bytes(entry).mismatch(other.bytes(otherEntry)) < 0;
  }

  private MemorySegment bytes(SafeTensorsHeader.Entry entry) {
    return data.asSlice(entry.begin(), entry.bytes());
  }

  private void checkLoadable(SafeTensorsHeader.Entry entry) throws FormatException {
    if (entry.type().dtype() == null) {
      throw new FormatException(
          "%s: tensor \"%s\" has dtype %s, which telos does not load; it loads BOOL, U8, I8, I16, F16, BF16, I32, F32, F64 and I64"
              .formatted(source, entry.name(), entry.type()));
    }
    long elements = 1;
    for (long extent : entry.shape()) {
      elements *= Math.max(extent, 1);
      if (extent > Integer.MAX_VALUE || elements > Integer.MAX_VALUE) {
        throw new FormatException(
            "%s: tensor \"%s\" has shape %s, more than the 2^31 - 1 elements one tensor can hold"
                .formatted(source, entry.name(), entry.shape()));
      }
    }
  }

  @Override
  public void close() {
    unmap.run();
  }
}
