package telos.nn.format;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Curves for TensorBoard: one event file in a run's directory. Every event reaches the operating
/// system before its method returns, so that a killed process loses none; a run that resumes opens
/// one more file in the same directory. Methods may be called from any thread.
///
/// Histograms are those of TensorBoard's second version: a tensor of 30 buckets of equal width.
public final class TensorBoardWriter implements AutoCloseable {
  private static final int BUCKETS = 30;

  private final Path file;
  private final OutputStream out;
  private final InstantSource clock;

  private TensorBoardWriter(Path file, OutputStream out, InstantSource clock) throws IOException {
    this.file = file;
    this.out = out;
    this.clock = clock;
    append(Events.version(now()));
  }

  /// Opens a new event file in `directory`, which is made if it does not exist.
  public static TensorBoardWriter open(Path directory) throws IOException {
    return open(directory, InstantSource.system());
  }

  static TensorBoardWriter open(Path directory, InstantSource clock) throws IOException {
    try {
      Files.createDirectories(directory);
      for (int counter = 0; ; counter++) {
        var file = directory.resolve(name(clock.instant(), counter));
        try {
          var out =
              Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
          return new TensorBoardWriter(file, out, clock);
        } catch (FileAlreadyExistsException _) {
          // A writer of the same second: take the next number.
        }
      }
    } catch (IOException e) {
      throw new IOException(
          "cannot open an event file in %s: %s".formatted(directory, AtomicFiles.reason(e)), e);
    }
  }

  private static String name(Instant time, int counter) {
    return "events.out.tfevents.%010d.%s.%d.%d"
        .formatted(time.getEpochSecond(), host(), ProcessHandle.current().pid(), counter);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "_");
    } catch (UnknownHostException _) {
      return "localhost";
    }
  }

  /// The file that is written.
  public Path file() {
    return file;
  }

  /// One point of the curve `tag`. NaN and infinities are legal and shown as such.
  ///
  /// @param tag name of the curve; a part before `/` groups curves
  /// @param step optimiser steps, environment steps: whatever the x axis counts
  public void scalar(String tag, long step, double value) throws IOException {
    append(Events.scalar(now(), step, tag, (float) value));
  }

  /// The distribution of `values` at a step, in 30 buckets from the least to the greatest. NaN and
  /// infinities have no bucket and are not counted; all equal values share one bucket of width 1.
  public void histogram(String tag, long step, float[] values) throws IOException {
    append(Events.histogram(now(), step, tag, buckets(values)));
  }

  /// A text in Markdown at a step: a sample, a configuration.
  public void text(String tag, long step, String markdown) throws IOException {
    append(Events.text(now(), step, tag, markdown));
  }

  /// An image at a step.
  ///
  /// @param png an encoded file; [Png#encode] makes one of a tensor
  /// @throws IllegalArgumentException when it is no PNG file
  public void image(String tag, long step, byte[] png) throws IOException {
    append(Events.image(now(), step, tag, png));
  }

  /// Begins this run's session in the table of hyperparameters, in which runs are compared.
  ///
  /// @param values text, truth values and numbers by name
  /// @param metrics tags of the curves whose last points are the results
  public void sessionStart(Map<String, ?> values, List<String> metrics) throws IOException {
    var session = new HyperparameterSession(values, metrics);
    append(Events.hyperparameters(now(), "experiment", 2, session.experiment()));
    append(Events.hyperparameters(now(), "session_start_info", 3, session.start()));
  }

  /// Ends it.
  public void sessionEnd(boolean success) throws IOException {
    double end = now();
    append(
        Events.hyperparameters(
            end, "session_end_info", 4, HyperparameterSession.end(success, end)));
  }

  /// Rows of left edge, right edge, count.
  static double[] buckets(float[] values) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    int finite = 0;
    for (float value : values) {
      if (Float.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
        finite++;
      }
    }
    if (finite == 0) {
      return new double[0];
    }
    return low == high
        ? new double[] {low - 0.5, low + 0.5, finite}
        : counted(values, low, high - low);
  }

  private static double[] counted(float[] values, double low, double range) {
    var rows = new double[3 * BUCKETS];
    Arrays.setAll(rows, i -> i % 3 == 2 ? 0 : low + range * (i / 3 + i % 3) / BUCKETS);
    for (float value : values) {
      if (Float.isFinite(value)) {
        int bucket = Math.min((int) ((value - low) / range * BUCKETS), BUCKETS - 1);
        rows[3 * bucket + 2]++;
      }
    }
    return rows;
  }

  private double now() {
    var instant = clock.instant();
    return instant.getEpochSecond() + instant.getNano() * 1e-9;
  }

  private synchronized void append(byte[] event) throws IOException {
    try {
      TfRecord.write(out, event);
    } catch (IOException e) {
      throw new IOException("cannot append to %s: %s".formatted(file, AtomicFiles.reason(e)), e);
    }
  }

  /// Closes the file; further events throw.
  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}
