package telos.nn.text;

import java.io.Serial;

/// The text of a template: lines end in one line feed each, and the last has none.
///
/// @param text the text
record TemplateSource(String text) {
  private static final int MAX_LENGTH = 1 << 20;

  /// What went wrong below a place of the template; whoever knows the place says so.
  static final class Fault extends RuntimeException {
    @Serial private static final long serialVersionUID = 1;
    final boolean raised;

    Fault(String what, boolean raised) {
      super(what, null, false, false);
      this.raised = raised;
    }

    Fault(String what) {
      this(what, false);
    }
  }

  static TemplateSource of(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new TemplateException(
          "the template has %d characters; at most %d are read"
              .formatted(text.length(), MAX_LENGTH),
          1,
          1,
          false);
    }
    var lines = text.replace("\r\n", "\n").replace('\r', '\n');
    return new TemplateSource(
        lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines);
  }

  TemplateException fault(int at, String what) {
    return fault(at, new Fault(what));
  }

  TemplateException fault(int at, Fault fault) {
    int line = 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count();
    int column = at - text.lastIndexOf('\n', at - 1);
    var what = fault.getMessage();
    return new TemplateException(what == null ? "" : what, line, column, fault.raised);
  }
}
