package telos.nn.text;

import java.io.Serial;

/// A chat template that is malformed, that uses what is not supported, or that does not fit the
/// messages it was given. The message is one sentence that ends with the line and the column.
public final class TemplateException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;
  private final int line;
  private final int column;
  private final boolean raised;

  TemplateException(String what, int line, int column, boolean raised) {
    super("%s (chat template, line %d, column %d)".formatted(what, line, column));
    this.line = line;
    this.column = column;
    this.raised = raised;
  }

  /// Line in the template, from 1.
  public int line() {
    return line;
  }

  /// Column in the template, from 1, in UTF-16 units.
  public int column() {
    return column;
  }

  /// Whether the template itself refused the messages, with `raise_exception`.
  public boolean raised() {
    return raised;
  }
}
