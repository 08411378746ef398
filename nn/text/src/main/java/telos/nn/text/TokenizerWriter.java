package telos.nn.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import telos.nn.format.AtomicFiles;
import telos.nn.format.Json;

/// Writes `tokenizer.json`, with the fields in the order in which Hugging Face's tokenizers write
/// them.
final class TokenizerWriter {
  private TokenizerWriter() {}

  static void write(Path path, Pipeline pipeline) throws IOException {
    var text = json(pipeline).text();
    AtomicFiles.write(path, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  static Json.Obj json(Pipeline pipeline) {
    return (Json.Obj) Json.of(all(pipeline));
  }

  private static Map<String, Object> all(Pipeline p) {
    var all = new LinkedHashMap<String, Object>();
    all.put("version", "1.0");
    all.put("truncation", orNull(p.truncation().map(TokenizerWriter::truncation)));
    all.put("padding", orNull(p.padding().map(TokenizerWriter::padding)));
    all.put("added_tokens", p.added().stream().map(TokenizerWriter::added).toList());
    all.put(
        "normalizer", p.normalizer().equals(Normalizer.NONE) ? none() : normalizer(p.normalizer()));
    all.put("pre_tokenizer", p.cuts().equals(PreTokenizer.NONE) ? none() : preTokenizer(p.cuts()));
    all.put(
        "post_processor",
        p.postProcessor().equals(PostProcessor.NONE) ? none() : postProcessor(p.postProcessor()));
    all.put("decoder", p.decoder() instanceof Decoder.Spaces ? none() : decoder(p.decoder()));
    all.put("model", model(p.model()));
    return all;
  }

  private static Json none() {
    return Json.Null.NULL;
  }

  private static Object orNull(Optional<?> value) {
    return value.isPresent() ? value.get() : none();
  }

  /// An object of alternating names and values.
  private static Map<String, Object> fields(Object... parts) {
    var fields = new LinkedHashMap<String, Object>();
    for (int i = 0; i < parts.length; i += 2) {
      fields.put((String) parts[i], parts[i + 1]);
    }
    return fields;
  }

  private static Map<String, Object> typed(String type, Object... parts) {
    var fields = fields("type", type);
    fields.putAll(fields(parts));
    return fields;
  }

  private static Object truncation(Pipeline.Truncation t) {
    return fields(
        "direction", t.direction(),
        "max_length", t.length(),
        "strategy", t.strategy(),
        "stride", t.stride());
  }

  private static Object padding(Pipeline.Padding p) {
    return fields(
        "strategy",
        p.length().isPresent() ? fields("Fixed", p.length().get()) : "BatchLongest",
        "direction",
        p.direction(),
        "pad_to_multiple_of",
        orNull(p.multiple()),
        "pad_id",
        p.id(),
        "pad_type_id",
        p.segment(),
        "pad_token",
        p.token());
  }

  private static Object added(AddedToken token) {
    return fields(
        "id", token.id(),
        "content", token.content(),
        "single_word", token.singleWord(),
        "lstrip", token.lstrip(),
        "rstrip", token.rstrip(),
        "normalized", token.normalized(),
        "special", token.special());
  }

  private static Object normalizer(Normalizer normalizer) {
    return switch (normalizer) {
      case Normalizer.Sequence(var parts) ->
          typed(
              "Sequence", "normalizers", parts.stream().map(TokenizerWriter::normalizer).toList());
      case Normalizer.Form(var form) -> typed(form.name());
      case Normalizer.Lowercase _ -> typed("Lowercase");
      case Normalizer.StripAccents _ -> typed("StripAccents");
      case Normalizer.Strip(var left, var right) ->
          typed("Strip", "strip_left", left, "strip_right", right);
      case Normalizer.Nmt _ -> typed("Nmt");
      case Normalizer.Prepend(var text) -> typed("Prepend", "prepend", text);
      case Normalizer.Replace(var pattern, var content) ->
          typed("Replace", "pattern", pattern(pattern), "content", content);
      case Normalizer.Bert bert ->
          typed(
              "BertNormalizer",
              "clean_text",
              bert.cleanText(),
              "handle_chinese_chars",
              bert.chinese(),
              "strip_accents",
              orNull(bert.stripAccents()),
              "lowercase",
              bert.lowercase());
      case Normalizer.Precompiled(var charsmap) ->
          typed("Precompiled", "precompiled_charsmap", charsmap);
      case Normalizer.ByteLevel _ -> typed("ByteLevel");
    };
  }

  private static Object pattern(TextPattern pattern) {
    return fields(pattern.regex() ? "Regex" : "String", pattern.source());
  }

  private static Object preTokenizer(PreTokenizer cuts) {
    return switch (cuts) {
      case PreTokenizer.Sequence(var parts) ->
          typed(
              "Sequence",
              "pretokenizers",
              parts.stream().map(TokenizerWriter::preTokenizer).toList());
      case PreTokenizer.ByteLevel(var prefix, var trim, var cut) -> byteLevel(prefix, trim, cut);
      case PreTokenizer.Split(var pattern, var behaviour, var invert) ->
          typed(
              "Split",
              "pattern",
              pattern(pattern),
              "behavior",
              behaviour(behaviour),
              "invert",
              invert);
      case PreTokenizer.Metaspace(var replacement, var prepend, var split) ->
          metaspace(replacement, prepend, split);
      case PreTokenizer.Whitespace _ -> typed("Whitespace");
      case PreTokenizer.WhitespaceSplit _ -> typed("WhitespaceSplit");
      case PreTokenizer.Bert _ -> typed("BertPreTokenizer");
      case PreTokenizer.Digits(var individual) -> typed("Digits", "individual_digits", individual);
      case PreTokenizer.Punctuation(var behaviour) ->
          typed("Punctuation", "behavior", behaviour(behaviour));
      case PreTokenizer.Delimiter(var delimiter) ->
          typed("CharDelimiterSplit", "delimiter", delimiter);
    };
  }

  private static Object byteLevel(boolean prefix, boolean trim, boolean cut) {
    return typed("ByteLevel", "add_prefix_space", prefix, "trim_offsets", trim, "use_regex", cut);
  }

  private static Object metaspace(String replacement, PreTokenizer.Prepend prepend, boolean split) {
    var scheme = prepend.name().toLowerCase(Locale.ROOT);
    return typed("Metaspace", "replacement", replacement, "prepend_scheme", scheme, "split", split);
  }

  private static String behaviour(PreTokenizer.Behaviour behaviour) {
    return switch (behaviour) {
      case REMOVED -> "Removed";
      case ISOLATED -> "Isolated";
      case MERGED_WITH_PREVIOUS -> "MergedWithPrevious";
      case MERGED_WITH_NEXT -> "MergedWithNext";
      case CONTIGUOUS -> "Contiguous";
    };
  }

  private static Object decoder(Decoder decoder) {
    return switch (decoder) {
      case Decoder.Sequence(var parts) ->
          typed("Sequence", "decoders", parts.stream().map(TokenizerWriter::decoder).toList());
      case Decoder.Spaces _ -> none();
      case Decoder.ByteLevel(var prefix, var trim, var cut) -> byteLevel(prefix, trim, cut);
      case Decoder.ByteFallback _ -> typed("ByteFallback");
      case Decoder.Fuse _ -> typed("Fuse");
      case Decoder.Strip(var content, var start, var stop) ->
          typed("Strip", "content", content, "start", start, "stop", stop);
      case Decoder.Replace(var pattern, var content) ->
          typed("Replace", "pattern", pattern(pattern), "content", content);
      case Decoder.Metaspace(var replacement, var prepend, var split) ->
          metaspace(replacement, prepend, split);
      case Decoder.WordPiece(var prefix, var cleanup) ->
          typed("WordPiece", "prefix", prefix, "cleanup", cleanup);
      case Decoder.BytePair(var suffix) -> typed("BPEDecoder", "suffix", suffix);
    };
  }

  private static Object postProcessor(PostProcessor processor) {
    return switch (processor) {
      case PostProcessor.Sequence(var parts) ->
          typed(
              "Sequence",
              "processors",
              parts.stream().map(TokenizerWriter::postProcessor).toList());
      case PostProcessor.ByteLevel(var prefix, var trim, var cut) -> byteLevel(prefix, trim, cut);
      case PostProcessor.Template(var single, var pair, var specials) ->
          typed(
              "TemplateProcessing",
              "single",
              single.stream().map(TokenizerWriter::slot).toList(),
              "pair",
              pair.stream().map(TokenizerWriter::slot).toList(),
              "special_tokens",
              specials(specials));
      case PostProcessor.Bert(var end, var begin) ->
          typed("BertProcessing", "sep", named(end), "cls", named(begin));
      case PostProcessor.Roberta(var end, var begin, var trim, var prefix) ->
          typed(
              "RobertaProcessing",
              "sep",
              named(end),
              "cls",
              named(begin),
              "trim_offsets",
              trim,
              "add_prefix_space",
              prefix);
    };
  }

  private static Object named(PostProcessor.Named named) {
    return List.of(named.token(), named.id());
  }

  private static Object slot(PostProcessor.Slot slot) {
    return fields(
        slot.text() ? "Sequence" : "SpecialToken",
        fields("id", slot.name(), "type_id", slot.segment()));
  }

  private static Object specials(Map<String, PostProcessor.Special> specials) {
    var all = new java.util.TreeMap<String, Object>();
    specials.forEach(
        (name, s) -> all.put(name, fields("id", name, "ids", s.ids(), "tokens", s.tokens())));
    return all;
  }

  private static Object model(TokenModel model) {
    return switch (model) {
      case TokenModel.BytePair m ->
          typed(
              "BPE",
              "dropout",
              none(),
              "unk_token",
              orNull(m.unknown()),
              "continuing_subword_prefix",
              m.prefix().isEmpty() ? none() : m.prefix(),
              "end_of_word_suffix",
              m.suffix().isEmpty() ? none() : m.suffix(),
              "fuse_unk",
              m.fuseUnknown(),
              "byte_fallback",
              m.byteFallback(),
              "ignore_merges",
              m.ignoreMerges(),
              "vocab",
              m.vocabulary(),
              "merges",
              m.merges().stream().map(pair -> List.of(pair.left(), pair.right())).toList());
      case TokenModel.WordPiece(var vocabulary, var unknown, var prefix, var longest) ->
          typed(
              "WordPiece",
              "unk_token",
              unknown,
              "continuing_subword_prefix",
              prefix,
              "max_input_chars_per_word",
              longest,
              "vocab",
              vocabulary);
      case TokenModel.Unigram(var pieces, var unknown, var fallback) ->
          typed(
              "Unigram",
              "unk_id",
              orNull(unknown),
              "vocab",
              pieces.stream().map(piece -> List.of(piece.text(), piece.score())).toList(),
              "byte_fallback",
              fallback);
      case TokenModel.WordLevel(var vocabulary, var unknown) ->
          typed("WordLevel", "vocab", vocabulary, "unk_token", unknown);
    };
  }
}
