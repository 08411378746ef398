package telos.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import telos.nn.format.TensorBoardWriter;
import telos.study.MetricsLog;
import telos.study.RunDirectory;
import telos.study.Tags;

/// Logged numbers as TensorBoard events: `events/ARM/seed-N`, one of TensorBoard's runs each, tags
/// `STAGE/METRIC`.
final class EventFiles implements MetricsLog.Scalars {
  private final Path directory;
  private final Map<Path, TensorBoardWriter> writers = new HashMap<>();

  EventFiles(RunDirectory run) {
    directory = run.path().resolve("events");
  }

  @Override
  public void scalar(Tags tags, String name, double value, long step) throws IOException {
    writer(tags).scalar(tags.stage() == null ? name : tags.stage() + "/" + name, step, value);
  }

  private TensorBoardWriter writer(Tags tags) throws IOException {
    Path place = tags.arm() == null ? directory : directory.resolve(safe(tags.arm()));
    place = tags.seed() == null ? place : place.resolve("seed-" + tags.seed());
    TensorBoardWriter writer = writers.get(place);
    if (writer == null) {
      writer = TensorBoardWriter.open(place);
      writers.put(place, writer);
    }
    return writer;
  }

  /// One plain path segment.
  private static String safe(String arm) {
    return arm.replaceAll("[^A-Za-z0-9_=,+-]+", "-");
  }

  @Override
  public void close() throws IOException {
    for (TensorBoardWriter writer : writers.values()) {
      writer.close();
    }
  }
}
