package telos.study;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Appends to `metrics.jsonl`, one object a line: `step`, the tags `stage`, `arm`, `seed`, and the
/// values, e.g. `{"step":3,"seed":0,"loss":2.71}`. NaN and infinities are the strings `"NaN"`,
/// `"Infinity"`, `"-Infinity"`, since JSON has no such numbers. Safe for use by several threads.
public final class MetricsLog implements AutoCloseable {

  /// Receives the same numbers, e.g. as TensorBoard events.
  public interface Scalars extends AutoCloseable {
    /// One number.
    void scalar(Tags tags, String name, double value, long step) throws IOException;

    @Override
    void close() throws IOException;
  }

  private final BufferedWriter out;
  private final Scalars scalars;

  MetricsLog(Path file, Scalars scalars) throws IOException {
    this.out = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    this.scalars = scalars;
  }

  /// Appends one record.
  ///
  /// @throws UncheckedIOException when the disk refuses
  public synchronized void log(Tags tags, long step, Map<String, Double> values) {
    try {
      out.write(JSON.std.asString(line(tags, step, values)));
      out.write('\n');
      out.flush();
      for (var entry : values.entrySet()) {
        scalars.scalar(tags, entry.getKey(), entry.getValue(), step);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write metrics: " + e.getMessage(), e);
    }
  }

  private static Map<String, @Nullable Object> line(
      Tags tags, long step, Map<String, Double> values) {
    var line = new LinkedHashMap<String, @Nullable Object>();
    line.put("step", step);
    putPresent(line, "stage", tags.stage());
    putPresent(line, "arm", tags.arm());
    putPresent(line, "seed", tags.seed());
    line.putAll(values);
    return line;
  }

  private static void putPresent(
      Map<String, @Nullable Object> line, String key, @Nullable Object value) {
    if (value != null) {
      line.put(key, value);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
    scalars.close();
  }
}
