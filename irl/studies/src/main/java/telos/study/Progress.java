package telos.study;

/// Shows how far a stage is.
public interface Progress {

  /// A stage that is running.
  interface Stage extends AutoCloseable {
    /// `done` of `total` units of the stage are finished.
    void update(long done, long total);

    @Override
    void close();
  }

  /// Starts showing a stage.
  Stage stage(String name);

  /// A bar with rate and time left on a terminal, one plain line a stage elsewhere; on standard
  /// error.
  static Progress standard() {
    var console = System.console();
    return console != null && console.isTerminal() ? TerminalProgress::new : LineProgress::new;
  }

  /// Shows nothing.
  static Progress quiet() {
    return _ ->
        new Stage() {
          @Override
          public void update(long done, long total) {}

          @Override
          public void close() {}
        };
  }
}
