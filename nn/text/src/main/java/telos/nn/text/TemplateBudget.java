package telos.nn.text;

/// What one rendering may cost, so that no template, however hostile, takes long or fills the
/// memory: each step costs [#STEP], each character that is made 1.
final class TemplateBudget {
  static final int STEP = 4;
  private static final long LEAST = 1L << 26;
  private static final int MAX_DEPTH = 400;
  private long left;
  private int depth;

  /// @param input characters of the messages
  TemplateBudget(long input) {
    left = LEAST + 64 * input;
  }

  void spend(long cost) {
    left -= cost;
    if (left < 0) {
      throw new TemplateSource.Fault("the template takes too many steps or makes too much text");
    }
  }

  void enter() {
    spend(STEP);
    if (++depth > MAX_DEPTH) {
      throw new TemplateSource.Fault(
          "expressions, blocks and macros are nested deeper than %d".formatted(MAX_DEPTH));
    }
  }

  void leave() {
    depth--;
  }

  /// The text, paid for.
  TemplateText paid(TemplateText text) {
    spend(text.length());
    return text;
  }
}
