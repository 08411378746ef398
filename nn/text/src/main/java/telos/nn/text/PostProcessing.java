package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/// Does what a [PostProcessor] says.
final class PostProcessing {
  private final IntFunction<String> tokens;

  /// @param tokens how a token is written in the vocabulary
  PostProcessing(IntFunction<String> tokens) {
    this.tokens = tokens;
  }

  /// @param texts one text, or two
  Encoding apply(PostProcessor processor, List<Encoding> texts) {
    return Encoding.concat(parts(processor, numbered(texts)));
  }

  private static List<Encoding> numbered(List<Encoding> texts) {
    var numbered = new ArrayList<Encoding>();
    for (var text : texts) {
      numbered.add(text.segment(numbered.size()));
    }
    return numbered;
  }

  private List<Encoding> parts(PostProcessor processor, List<Encoding> texts) {
    return switch (processor) {
      case PostProcessor.Sequence(var parts) -> {
        var now = texts;
        for (var part : parts) {
          now = parts(part, now);
        }
        yield now;
      }
      case PostProcessor.ByteLevel level ->
          level.trimOffsets() ? trimmed(texts, level.prefixSpace()) : texts;
      case PostProcessor.Template template -> template(template, texts);
      case PostProcessor.Bert(var end, var begin) -> {
        var all = new ArrayList<Encoding>();
        all.add(Encoding.token(begin.id(), 0));
        for (int i = 0; i < texts.size(); i++) {
          all.add(texts.get(i).segment(i));
          all.add(Encoding.token(end.id(), i));
        }
        yield all;
      }
      case PostProcessor.Roberta roberta -> roberta(roberta, texts);
    };
  }

  private static List<Encoding> template(PostProcessor.Template template, List<Encoding> texts) {
    var all = new ArrayList<Encoding>();
    for (var slot : texts.size() > 1 ? template.pair() : template.single()) {
      if (slot.text()) {
        int index = slot.name().equals("A") ? 0 : 1;
        if (index < texts.size()) {
          all.add(texts.get(index).segment(slot.segment()));
        }
      } else {
        var special = template.specials().get(slot.name());
        if (special != null) {
          special.ids().forEach(id -> all.add(Encoding.token(id, slot.segment())));
        }
      }
    }
    return all;
  }

  private List<Encoding> roberta(PostProcessor.Roberta roberta, List<Encoding> texts) {
    var trimmed = roberta.trimOffsets() ? trimmed(texts, roberta.prefixSpace()) : texts;
    var all = new ArrayList<Encoding>();
    for (int i = 0; i < trimmed.size(); i++) {
      all.add(Encoding.token(i == 0 ? roberta.begin().id() : roberta.end().id(), 0));
      all.add(trimmed.get(i).segment(0));
      all.add(Encoding.token(roberta.end().id(), 0));
    }
    return all;
  }

  private List<Encoding> trimmed(List<Encoding> texts, boolean prefixSpace) {
    return texts.stream().map(text -> trimmed(text, prefixSpace)).toList();
  }

  private Encoding trimmed(Encoding text, boolean prefixSpace) {
    var starts = text.starts().clone();
    var ends = text.ends().clone();
    for (int i = 0; i < starts.length; i++) {
      var token = tokens.apply(text.ids()[i]);
      int leading = 0;
      while (leading < token.length() && isSpace(token.charAt(leading))) {
        leading++;
      }
      int trailing = 0;
      while (trailing < token.length() && isSpace(token.charAt(token.length() - 1 - trailing))) {
        trailing++;
      }
      if (prefixSpace && leading > 0 && (i == 0 || starts[i] == 0)) {
        leading--;
      }
      starts[i] = Math.min(starts[i] + leading, ends[i]);
      // What is all space keeps no place, even if it was put before a character of two units.
      boolean space = trailing == token.length();
      ends[i] = space ? starts[i] : Math.max(ends[i] - trailing, starts[i]);
    }
    return new Encoding(text.ids(), starts, ends, text.segments());
  }

  private static boolean isSpace(char c) {
    return c == ByteAlphabet.character(' ') || UnicodeClass.isSpace(c);
  }
}
