package telos.nn.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.format.JsonFields;
import telos.nn.text.PreTokenizer.Behaviour;
import telos.nn.text.PreTokenizer.Prepend;

/// Reads the parts of a tokenizer file around the model.
final class ComponentReader {
  private ComponentReader() {}

  /// Reads one part.
  private interface Part<T> {
    T read(JsonFields fields) throws FormatException;
  }

  private static <T> List<T> parts(JsonFields sequence, String field, Part<T> part)
      throws FormatException {
    sequence.only("type", field);
    var parts = new ArrayList<T>();
    for (var item : sequence.objects(field)) {
      parts.add(part.read(item));
    }
    return parts;
  }

  private static <T> T plain(JsonFields fields, T component) throws FormatException {
    fields.only("type");
    return component;
  }

  static Normalizer normalizer(JsonFields n) throws FormatException {
    return switch (n.type()) {
      case "Sequence" ->
          new Normalizer.Sequence(parts(n, "normalizers", ComponentReader::normalizer));
      case "NFC", "NFD", "NFKC", "NFKD" ->
          plain(n, new Normalizer.Form(java.text.Normalizer.Form.valueOf(n.type())));
      case "Lowercase" -> plain(n, new Normalizer.Lowercase());
      case "StripAccents" -> plain(n, new Normalizer.StripAccents());
      case "Nmt" -> plain(n, new Normalizer.Nmt());
      case "ByteLevel" -> plain(n, new Normalizer.ByteLevel());
      case "Strip" -> {
        n.only("type", "strip_left", "strip_right");
        yield new Normalizer.Strip(n.truth("strip_left", true), n.truth("strip_right", true));
      }
      case "Prepend" -> {
        n.only("type", "prepend");
        yield new Normalizer.Prepend(n.text("prepend"));
      }
      case "Replace" -> {
        n.only("type", "pattern", "content");
        yield new Normalizer.Replace(pattern(n), n.text("content"));
      }
      case "BertNormalizer" -> bertNormalizer(n);
      case "Precompiled" -> {
        n.only("type", "precompiled_charsmap");
        yield new Normalizer.Precompiled(n.text("precompiled_charsmap"));
      }
      default -> throw unknown(n, "normalizer");
    };
  }

  private static FormatException unknown(JsonFields fields, String family) {
    return fields.fault(
        "the %s %s is not supported"
            .formatted(family, fields.type().isEmpty() ? fields.object().text() : fields.type()));
  }

  private static Normalizer bertNormalizer(JsonFields n) throws FormatException {
    n.only("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
    return new Normalizer.Bert(
        n.truth("clean_text", true),
        n.truth("handle_chinese_chars", true),
        n.has("strip_accents") ? Optional.of(n.truth("strip_accents", false)) : Optional.empty(),
        n.truth("lowercase", true));
  }

  private static TextPattern pattern(JsonFields fields) throws FormatException {
    var pattern = fields.object("pattern");
    pattern.only("String", "Regex");
    try {
      return pattern.has("Regex")
          ? TextPattern.regex(pattern.text("Regex"))
          : TextPattern.literal(pattern.text("String"));
    } catch (IllegalArgumentException e) {
      throw new FormatException(
          "%s: %s: %s".formatted(fields.file(), fields.type(), e.getMessage()), e);
    }
  }

  static PreTokenizer preTokenizer(JsonFields p) throws FormatException {
    return switch (p.type()) {
      case "Sequence" ->
          new PreTokenizer.Sequence(parts(p, "pretokenizers", ComponentReader::preTokenizer));
      case "ByteLevel" -> {
        byteLevel(p);
        yield new PreTokenizer.ByteLevel(
            p.truth("add_prefix_space", true),
            p.truth("trim_offsets", true),
            p.truth("use_regex", true));
      }
      case "Split" -> {
        p.only("type", "pattern", "behavior", "invert");
        yield new PreTokenizer.Split(pattern(p), behaviour(p), p.truth("invert", false));
      }
      case "Metaspace" -> {
        metaspace(p);
        yield new PreTokenizer.Metaspace(p.text("replacement"), prepend(p), p.truth("split", true));
      }
      case "Whitespace" -> plain(p, new PreTokenizer.Whitespace());
      case "WhitespaceSplit" -> plain(p, new PreTokenizer.WhitespaceSplit());
      case "BertPreTokenizer" -> plain(p, new PreTokenizer.Bert());
      case "Digits" -> {
        p.only("type", "individual_digits");
        yield new PreTokenizer.Digits(p.truth("individual_digits", false));
      }
      case "Punctuation" -> {
        p.only("type", "behavior");
        yield new PreTokenizer.Punctuation(behaviour(p));
      }
      case "CharDelimiterSplit" -> {
        p.only("type", "delimiter");
        yield new PreTokenizer.Delimiter(p.text("delimiter"));
      }
      default -> throw unknown(p, "pre_tokenizer");
    };
  }

  private static void byteLevel(JsonFields fields) throws FormatException {
    fields.only("type", "add_prefix_space", "trim_offsets", "use_regex");
  }

  private static void metaspace(JsonFields fields) throws FormatException {
    fields.only("type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split");
  }

  private static Behaviour behaviour(JsonFields fields) throws FormatException {
    return switch (fields.text("behavior", "Isolated")) {
      case "Removed" -> Behaviour.REMOVED;
      case "Isolated" -> Behaviour.ISOLATED;
      case "MergedWithPrevious" -> Behaviour.MERGED_WITH_PREVIOUS;
      case "MergedWithNext" -> Behaviour.MERGED_WITH_NEXT;
      case "Contiguous" -> Behaviour.CONTIGUOUS;
      default ->
          throw fields.wrong(
              "behavior", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
    };
  }

  /// Files before the scheme existed say `add_prefix_space` only.
  private static Prepend prepend(JsonFields fields) throws FormatException {
    boolean prefix = fields.truth("add_prefix_space", true);
    return switch (fields.text("prepend_scheme", prefix ? "always" : "never")) {
      case "always" -> Prepend.ALWAYS;
      case "first" -> Prepend.FIRST;
      case "never" -> Prepend.NEVER;
      default -> throw fields.wrong("prepend_scheme", "always, first or never");
    };
  }

  static Decoder decoder(JsonFields d) throws FormatException {
    return switch (d.type()) {
      case "Sequence" -> new Decoder.Sequence(parts(d, "decoders", ComponentReader::decoder));
      case "ByteLevel" -> {
        byteLevel(d);
        yield new Decoder.ByteLevel(
            d.truth("add_prefix_space", true),
            d.truth("trim_offsets", true),
            d.truth("use_regex", true));
      }
      case "ByteFallback" -> plain(d, new Decoder.ByteFallback());
      case "Fuse" -> plain(d, new Decoder.Fuse());
      case "Strip" -> {
        d.only("type", "content", "start", "stop");
        yield strip(d);
      }
      case "Replace" -> {
        d.only("type", "pattern", "content");
        yield new Decoder.Replace(pattern(d), d.text("content"));
      }
      case "Metaspace" -> {
        metaspace(d);
        yield new Decoder.Metaspace(d.text("replacement"), prepend(d), d.truth("split", true));
      }
      case "WordPiece" -> {
        d.only("type", "prefix", "cleanup");
        yield new Decoder.WordPiece(d.text("prefix", "##"), d.truth("cleanup", true));
      }
      case "BPEDecoder" -> {
        d.only("type", "suffix");
        yield new Decoder.BytePair(d.text("suffix", "</w>"));
      }
      default -> throw unknown(d, "decoder");
    };
  }

  private static Decoder strip(JsonFields d) throws FormatException {
    if (d.text("content").isEmpty()) {
      throw d.wrong("content", "one character");
    }
    return new Decoder.Strip(d.text("content"), d.number("start"), d.number("stop"));
  }

  static PostProcessor postProcessor(JsonFields p) throws FormatException {
    return switch (p.type()) {
      case "Sequence" ->
          new PostProcessor.Sequence(parts(p, "processors", ComponentReader::postProcessor));
      case "ByteLevel" -> {
        byteLevel(p);
        yield new PostProcessor.ByteLevel(
            p.truth("add_prefix_space", true),
            p.truth("trim_offsets", true),
            p.truth("use_regex", true));
      }
      case "TemplateProcessing" -> {
        p.only("type", "single", "pair", "special_tokens");
        yield new PostProcessor.Template(slots(p, "single"), slots(p, "pair"), specials(p));
      }
      case "BertProcessing" -> {
        p.only("type", "sep", "cls");
        yield new PostProcessor.Bert(named(p, "sep"), named(p, "cls"));
      }
      case "RobertaProcessing" -> {
        p.only("type", "sep", "cls", "trim_offsets", "add_prefix_space");
        yield new PostProcessor.Roberta(
            named(p, "sep"),
            named(p, "cls"),
            p.truth("trim_offsets", true),
            p.truth("add_prefix_space", true));
      }
      default -> throw unknown(p, "post_processor");
    };
  }

  private static PostProcessor.Named named(JsonFields fields, String field) throws FormatException {
    var pair = fields.list(field);
    if (pair.size() == 2 && pair.getFirst() instanceof Json.Str(var token)) {
      return new PostProcessor.Named(
          token, fields.number(pair.getLast(), "the id of \"%s\"".formatted(token)));
    }
    throw fields.wrong(field, "[\"token\", id]");
  }

  private static List<PostProcessor.Slot> slots(JsonFields fields, String field)
      throws FormatException {
    var slots = new ArrayList<PostProcessor.Slot>();
    for (var item : fields.objects(field)) {
      item.only("Sequence", "SpecialToken");
      boolean text = item.has("Sequence");
      var slot = item.object(text ? "Sequence" : "SpecialToken");
      slot.only("id", "type_id");
      var name = slot.text("id");
      if (text && !name.equals("A") && !name.equals("B")) {
        throw slot.wrong("id", "\"A\" or \"B\"");
      }
      slots.add(new PostProcessor.Slot(name, text, slot.number("type_id")));
    }
    return slots;
  }

  private static Map<String, PostProcessor.Special> specials(JsonFields fields)
      throws FormatException {
    var specials = new LinkedHashMap<String, PostProcessor.Special>();
    var all = fields.object("special_tokens");
    for (var name : all.object().fields().keySet()) {
      var special = all.object(name);
      special.only("id", "ids", "tokens");
      var ids = new ArrayList<Integer>();
      for (var id : special.list("ids")) {
        ids.add(special.number(id, "an id of \"%s\"".formatted(name)));
      }
      var tokens = new ArrayList<String>();
      for (var token : special.list("tokens")) {
        tokens.add(token instanceof Json.Str(var text) ? text : token.text());
      }
      specials.put(name, new PostProcessor.Special(ids, tokens));
    }
    return specials;
  }
}
