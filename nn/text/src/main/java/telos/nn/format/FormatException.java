package telos.nn.format;

import java.io.IOException;
import java.io.Serial;

/// A file that does not follow its format. The message is one sentence that names the file, what is
/// wrong and where. It is an [IOException], so that whoever loads files answers for one kind of
/// failure: the file cannot be had.
public final class FormatException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /// @param message one sentence: file, what is wrong, where
  public FormatException(String message) {
    super(message);
  }

  /// @param message one sentence: file, what is wrong, where
  /// @param cause what the decoder below said
  public FormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
