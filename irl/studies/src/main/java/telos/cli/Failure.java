package telos.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// Says in one sentence what went wrong.
final class Failure {
  private Failure() {}

  static String sentence(Throwable failure) {
    if (fullDisk(failure)) {
      return "The disk is full (%s); free some space, then continue with --resume"
          .formatted(firstLine(failure));
    }
    return switch (failure) {
      case UncheckedIOException e when e.getCause() != null && bare(e) -> sentence(e.getCause());
      case ExecutionException e when e.getCause() != null -> sentence(e.getCause());
      case LinkageError e when e.getCause() != null -> sentence(e.getCause());
      case NoSuchFileException e -> "There is no file '%s'".formatted(e.getFile());
      case AccessDeniedException e -> "No permission to use '%s'".formatted(e.getFile());
      case NotDirectoryException e -> "'%s' is not a directory".formatted(e.getFile());
      case FileAlreadyExistsException e -> "'%s' exists already".formatted(e.getFile());
      case OutOfMemoryError _ ->
          "Out of memory; give the JVM more heap with TELOS_JAVA_OPTIONS=-Xmx8g";
      default -> firstLine(failure);
    };
  }

  /// Whether the message only repeats the cause.
  private static boolean bare(UncheckedIOException e) {
    return e.getMessage() == null || e.getMessage().equals(String.valueOf(e.getCause()));
  }

  private static boolean fullDisk(@Nullable Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String message = t instanceof FileSystemException f ? f.getReason() : t.getMessage();
      if (t instanceof IOException
          && message != null
          && message.toLowerCase(Locale.ROOT).contains("no space left")) {
        return true;
      }
    }
    return false;
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isBlank()
        ? failure.getClass().getSimpleName() + " (--verbose shows where)"
        : message.lines().findFirst().orElse(message);
  }
}
