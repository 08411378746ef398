package telos.nn.text;

import java.util.ArrayList;
import java.util.List;

/// Does what a [Decoder] says, token by token: decoders are stages that hand text on as soon as it
/// is certain. A whole text is decoded by the same stages, so streaming cannot differ from it.
final class Decoding {
  private Decoding() {}

  /// A receiver of tokens.
  interface Stage {
    /// @param begins whether a token begins here; else the text continues the last
    void accept(String text, boolean begins);

    /// There are no more tokens.
    default void finish() {}
  }

  /// The decoder's stages, the last of which appends to `out`.
  static Stage of(Decoder decoder, StringBuilder out) {
    var parts = new ArrayList<Decoder>();
    flatten(decoder, parts);
    Stage stage = (text, _) -> out.append(text);
    for (int i = parts.size() - 1; i >= 0; i--) {
      stage = stage(parts.get(i), stage);
      boolean partial = i > 0 && parts.subList(0, i).stream().anyMatch(Decoding::tellsInParts);
      if (partial && !takesParts(parts.get(i))) {
        stage = new Gather(stage);
      }
    }
    return stage;
  }

  private static void flatten(Decoder decoder, List<Decoder> parts) {
    if (decoder instanceof Decoder.Sequence(var inner)) {
      inner.forEach(part -> flatten(part, parts));
    } else {
      parts.add(decoder);
    }
  }

  private static boolean tellsInParts(Decoder decoder) {
    return decoder instanceof Decoder.ByteLevel
        || decoder instanceof Decoder.ByteFallback
        || decoder instanceof Decoder.Fuse;
  }

  private static boolean takesParts(Decoder decoder) {
    return decoder instanceof Decoder.Fuse
        || decoder instanceof Decoder.Strip(_, _, int stop) && stop == 0;
  }

  private static Stage stage(Decoder decoder, Stage next) {
    return switch (decoder) {
      case Decoder.Sequence(var parts) ->
          throw new IllegalStateException(
              "a sequence of %d within a flat list".formatted(parts.size()));
      case Decoder.Spaces _ -> new Each(next, (text, first) -> first ? text : " " + text);
      case Decoder.ByteLevel _ -> new ByteStage(next, false);
      case Decoder.ByteFallback _ -> new ByteStage(next, true);
      case Decoder.Fuse _ -> new Fuse(next);
      case Decoder.Strip strip -> new StripStage(strip, next);
      case Decoder.Replace(var pattern, var content) -> {
        var search = pattern.search();
        yield new Each(next, (text, _) -> replaced(text, search, content));
      }
      case Decoder.Metaspace meta ->
          new Each(
              next,
              (text, first) ->
                  text.replace(
                      meta.replacement(),
                      first && meta.prepend() != PreTokenizer.Prepend.NEVER ? "" : " "));
      case Decoder.WordPiece(var prefix, var cleanup) ->
          new Each(next, (text, first) -> wordPiece(text, first, prefix, cleanup));
      case Decoder.BytePair(var suffix) -> new LastWaits(next, suffix);
    };
  }

  private static String replaced(String text, TextPattern.Search search, String content) {
    var out = new StringBuilder();
    int[] kept = {0};
    search.find(
        text,
        (start, end) -> {
          out.append(text, kept[0], start).append(content);
          kept[0] = end;
        });
    return kept[0] == 0 ? text : out.append(text, kept[0], text.length()).toString();
  }

  private static String wordPiece(String token, boolean first, String prefix, boolean cleanup) {
    boolean continues = !first && token.startsWith(prefix);
    var text = first ? token : continues ? token.substring(prefix.length()) : " " + token;
    return cleanup ? cleaned(text) : text;
  }

  /// No space before punctuation and contractions, within one token's text.
  private static String cleaned(String text) {
    return text.replace(" .", ".")
        .replace(" ?", "?")
        .replace(" !", "!")
        .replace(" ,", ",")
        .replace(" ' ", "'")
        .replace(" n't", "n't")
        .replace(" 'm", "'m")
        .replace(" do not", " don't")
        .replace(" 's", "'s")
        .replace(" 've", "'ve")
        .replace(" 're", "'re");
  }

  /// What one whole token becomes.
  private interface Change {
    String of(String token, boolean first);
  }

  /// Changes token by token.
  private static final class Each implements Stage {
    private final Stage next;
    private final Change change;
    private boolean first = true;

    Each(Stage next, Change change) {
      this.next = next;
      this.change = change;
    }

    @Override
    public void accept(String text, boolean begins) {
      next.accept(change.of(text, first), true);
      first = false;
    }

    @Override
    public void finish() {
      next.finish();
    }
  }

  /// Holds a token that comes in parts until the next begins.
  private static final class Gather implements Stage {
    private final Stage next;
    private final StringBuilder held = new StringBuilder();
    private boolean holding;

    Gather(Stage next) {
      this.next = next;
    }

    @Override
    public void accept(String text, boolean begins) {
      if (begins) {
        release();
      }
      holding = true;
      held.append(text);
    }

    private void release() {
      if (holding) {
        next.accept(held.toString(), true);
        held.setLength(0);
        holding = false;
      }
    }

    @Override
    public void finish() {
      release();
      next.finish();
    }
  }

  /// All tokens are parts of the first.
  private static final class Fuse implements Stage {
    private final Stage next;
    private boolean first = true;

    Fuse(Stage next) {
      this.next = next;
    }

    @Override
    public void accept(String text, boolean begins) {
      next.accept(text, first);
      first = false;
    }

    @Override
    public void finish() {
      next.finish();
    }
  }

  /// Drops characters at the ends of tokens.
  private static final class StripStage implements Stage {
    private final Decoder.Strip strip;
    private final Stage next;
    private int left;

    StripStage(Decoder.Strip strip, Stage next) {
      this.strip = strip;
      this.next = next;
    }

    @Override
    public void accept(String text, boolean begins) {
      left = begins ? strip.start() : left;
      var content = strip.content();
      int start = 0;
      while (left > 0 && text.startsWith(content, start)) {
        start += content.length();
        left--;
      }
      left = start < text.length() ? 0 : left;
      int end = text.length();
      for (int i = 0; i < strip.stop() && text.substring(start, end).endsWith(content); i++) {
        end -= content.length();
      }
      next.accept(text.substring(start, end), begins);
    }

    @Override
    public void finish() {
      next.finish();
    }
  }

  /// A suffix becomes a space, but nothing in the last token: one token waits for the next.
  private static final class LastWaits implements Stage {
    private final Stage next;
    private final String suffix;
    private String waiting = "";
    private boolean any;

    LastWaits(Stage next, String suffix) {
      this.next = next;
      this.suffix = suffix;
    }

    @Override
    public void accept(String text, boolean begins) {
      if (any) {
        next.accept(waiting.replace(suffix, " "), true);
      }
      waiting = text;
      any = true;
    }

    @Override
    public void finish() {
      if (any) {
        next.accept(waiting.replace(suffix, ""), true);
      }
      next.finish();
    }
  }

  /// Bytes to characters, as soon as a character is whole. All tokens are one run of bytes, or,
  /// with `fallback`, tokens `<0x00>` to `<0xFF>` are and all others end it.
  private static final class ByteStage implements Stage {
    private final Stage next;
    private final boolean fallback;
    private final Utf8Stream bytes = new Utf8Stream();
    private boolean fresh = true;

    ByteStage(Stage next, boolean fallback) {
      this.next = next;
      this.fallback = fallback;
    }

    @Override
    public void accept(String text, boolean begins) {
      int single = fallback ? fallbackByte(text) : -1;
      if (!fallback) {
        tell(bytes.add(ByteAlphabet.bytes(text)));
      } else if (single >= 0) {
        tell(bytes.add((byte) single));
      } else {
        tell(bytes.finish());
        next.accept(text, true);
        fresh = true;
      }
    }

    private void tell(String text) {
      if (!text.isEmpty()) {
        next.accept(text, fresh);
        fresh = false;
      }
    }

    @Override
    public void finish() {
      tell(bytes.finish());
      next.finish();
    }
  }

  /// The byte of a token such as `<0x0A>`, -1 for any other token.
  private static int fallbackByte(String token) {
    boolean form = token.length() == 6 && token.startsWith("<0x") && token.endsWith(">");
    int high = form ? Character.digit(token.charAt(3), 16) : -1;
    int low = form ? Character.digit(token.charAt(4), 16) : -1;
    return high < 0 || low < 0 ? -1 : 16 * high + low;
  }
}
