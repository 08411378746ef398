package telos.study;

/// What a run uses but does not own.
///
/// @param cache where artefacts are found again
/// @param seeds runs seeds side by side
/// @param progress shows how far it is
/// @param stop ends it early
/// @param scalars opens a second sink for logged numbers in a run's directory, e.g. TensorBoard
///   events
public record RunTools(
    ArtefactCache cache, Seeds seeds, Progress progress, StopSignal stop, ScalarSink scalars) {

  /// Opens a sink for logged numbers.
  @FunctionalInterface
  public interface ScalarSink {
    /// A sink that writes under the run's directory.
    MetricsLog.Scalars open(RunDirectory directory) throws java.io.IOException;
  }

  /// For tests and embedding: no progress, no second sink, one seed at a time on the current
  /// device.
  public static RunTools plain(ArtefactCache cache) {
    var stop = new StopSignal();
    var seeds = new Seeds(1, SeedDevice.current(), stop);
    return new RunTools(cache, seeds, Progress.quiet(), stop, noScalars());
  }

  /// No second sink.
  public static ScalarSink noScalars() {
    return _ -> NO_SCALARS;
  }

  private static final MetricsLog.Scalars NO_SCALARS =
      new MetricsLog.Scalars() {
        @Override
        public void scalar(Tags tags, String name, double value, long step) {}

        @Override
        public void close() {}
      };
}
