package telos.nn.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.format.JsonFields;

/// Reads Hugging Face's `tokenizer.json`. What would change the ids and is not implemented is
/// refused by name, never ignored.
final class TokenizerReader {
  private static final long MAX_BYTES = 1L << 28;

  private TokenizerReader() {}

  static SubwordTokenizer read(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new IOException("cannot read %s: no such file".formatted(path));
    }
    if (Files.size(path) > MAX_BYTES) {
      throw new FormatException(
          "%s: is larger than the %d bytes a tokenizer may have".formatted(path, MAX_BYTES));
    }
    var file = path.toString();
    var all = JsonFields.of(file, "the file", Json.read(file, Files.readAllBytes(path)));
    try {
      return SubwordTokenizer.of(pipeline(all));
    } catch (IllegalArgumentException e) {
      throw new FormatException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Pipeline pipeline(JsonFields all) throws FormatException {
    all.only(
        "version",
        "truncation",
        "padding",
        "added_tokens",
        "normalizer",
        "pre_tokenizer",
        "post_processor",
        "decoder",
        "model");
    return new Pipeline(
        added(all),
        all.has("normalizer")
            ? ComponentReader.normalizer(all.object("normalizer"))
            : Normalizer.NONE,
        all.has("pre_tokenizer")
            ? ComponentReader.preTokenizer(all.object("pre_tokenizer"))
            : PreTokenizer.NONE,
        model(all.object("model")),
        all.has("post_processor")
            ? ComponentReader.postProcessor(all.object("post_processor"))
            : PostProcessor.NONE,
        all.has("decoder") ? ComponentReader.decoder(all.object("decoder")) : new Decoder.Spaces(),
        truncation(all),
        padding(all));
  }

  private static List<AddedToken> added(JsonFields all) throws FormatException {
    var added = new ArrayList<AddedToken>();
    if (!all.has("added_tokens")) {
      return added;
    }
    for (var token : all.objects("added_tokens")) {
      token.only("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
      boolean special = token.truth("special", false);
      added.add(
          new AddedToken(
              token.number("id"),
              token.text("content"),
              token.truth("single_word", false),
              token.truth("lstrip", false),
              token.truth("rstrip", false),
              token.truth("normalized", !special),
              special));
    }
    return added;
  }

  private static TokenModel model(JsonFields model) throws FormatException {
    return switch (model.type()) {
      case "BPE" -> bytePair(model);
      case "WordPiece" -> {
        model.only(
            "type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
        yield new TokenModel.WordPiece(
            vocabulary(model),
            known(model, "[UNK]"),
            model.text("continuing_subword_prefix", "##"),
            model.optionalNumber("max_input_chars_per_word").orElse(100));
      }
      case "Unigram" -> unigram(model);
      case "WordLevel" -> {
        model.only("type", "unk_token", "vocab");
        yield new TokenModel.WordLevel(vocabulary(model), model.text("unk_token", ""));
      }
      case "" -> untyped(model);
      default ->
          throw model.fault(
              "the model \"%s\" is not supported; BPE, WordPiece, Unigram and WordLevel are"
                  .formatted(model.type()));
    };
  }

  /// Old files do not say what the model is; one with merges is byte pairs.
  private static TokenModel untyped(JsonFields model) throws FormatException {
    if (model.has("merges")) {
      return bytePair(model);
    }
    throw model.fault(
        "the model has no \"type\"; BPE, WordPiece, Unigram and WordLevel are supported");
  }

  private static String known(JsonFields model, String otherwise) throws FormatException {
    var unknown = model.text("unk_token", otherwise);
    if (!model.object("vocab").object().fields().containsKey(unknown)) {
      throw model.fault("the vocabulary lacks the unknown token \"%s\"".formatted(unknown));
    }
    return unknown;
  }

  private static TokenModel bytePair(JsonFields model) throws FormatException {
    model.only(
        "type",
        "dropout",
        "unk_token",
        "continuing_subword_prefix",
        "end_of_word_suffix",
        "fuse_unk",
        "byte_fallback",
        "ignore_merges",
        "vocab",
        "merges");
    if (model.has("dropout")
        && !(model.object().at("dropout") instanceof Json.Num(var digits)
            && Double.parseDouble(digits) == 0)) {
      throw model.fault(
          "\"dropout\" is %s, which is not supported"
              .formatted(model.object().at("dropout").text()));
    }
    var unknown = model.has("unk_token") ? Optional.of(known(model, "")) : Optional.<String>empty();
    var read =
        new TokenModel.BytePair(
            vocabulary(model),
            merges(model),
            unknown,
            model.text("continuing_subword_prefix", ""),
            model.text("end_of_word_suffix", ""),
            model.truth("fuse_unk", false),
            model.truth("byte_fallback", false),
            model.truth("ignore_merges", false));
    checkMerges(model, read);
    return read;
  }

  private static Map<String, Integer> vocabulary(JsonFields model) throws FormatException {
    var vocabulary = new LinkedHashMap<String, Integer>();
    for (var entry : model.object("vocab").object().fields().entrySet()) {
      var what = "the id of \"%s\"".formatted(entry.getKey());
      vocabulary.put(entry.getKey(), model.number(entry.getValue(), what));
    }
    return vocabulary;
  }

  private static void checkMerges(JsonFields model, TokenModel.BytePair read)
      throws FormatException {
    var vocabulary = read.vocabulary();
    for (int rank = 0; rank < read.merges().size(); rank++) {
      var merge = read.merges().get(rank);
      if (!vocabulary.containsKey(merge.left())
          || !vocabulary.containsKey(merge.right())
          || !vocabulary.containsKey(Merges.name(read, merge))) {
        throw model.fault(
            "merge %d, [\"%s\",\"%s\"], has a token that is not in the vocabulary"
                .formatted(rank, merge.left(), merge.right()));
      }
    }
  }

  private static List<TokenModel.Merge> merges(JsonFields model) throws FormatException {
    var merges = new ArrayList<TokenModel.Merge>();
    for (var line : model.list("merges")) {
      merges.add(merge(model, line));
    }
    return merges;
  }

  /// `["a", "b"]`, or `"a b"` in older files.
  private static TokenModel.Merge merge(JsonFields model, Json line) throws FormatException {
    if (line instanceof Json.Arr(var items)
        && items.size() == 2
        && items.getFirst() instanceof Json.Str(var left)
        && items.getLast() instanceof Json.Str(var right)) {
      return new TokenModel.Merge(left, right);
    }
    if (line instanceof Json.Str(var text)) {
      int space = text.indexOf(' ');
      if (space > 0 && space < text.length() - 1 && space == text.lastIndexOf(' ')) {
        return new TokenModel.Merge(text.substring(0, space), text.substring(space + 1));
      }
    }
    throw model.fault(
        "%s is not a merge; it must be [\"a\", \"b\"] or \"a b\"".formatted(line.text()));
  }

  private static TokenModel unigram(JsonFields model) throws FormatException {
    model.only("type", "unk_id", "vocab", "byte_fallback");
    var pieces = new ArrayList<TokenModel.Piece>();
    for (var item : model.list("vocab")) {
      pieces.add(piece(model, item));
    }
    var unknown = model.optionalNumber("unk_id");
    if (unknown.isPresent() && unknown.get() >= pieces.size()) {
      throw model.fault(
          "\"unk_id\" is %d in a vocabulary of %d".formatted(unknown.get(), pieces.size()));
    }
    return new TokenModel.Unigram(pieces, unknown, model.truth("byte_fallback", false));
  }

  private static TokenModel.Piece piece(JsonFields model, Json item) throws FormatException {
    if (item instanceof Json.Arr(var pair)
        && pair.size() == 2
        && pair.getFirst() instanceof Json.Str(var text)
        && pair.getLast() instanceof Json.Num(var digits)
        && Double.isFinite(Double.parseDouble(digits))) {
      return new TokenModel.Piece(text, Double.parseDouble(digits));
    }
    throw model.fault("%s is not a piece; it must be [\"text\", score]".formatted(item.text()));
  }

  private static Optional<Pipeline.Truncation> truncation(JsonFields all) throws FormatException {
    if (!all.has("truncation")) {
      return Optional.empty();
    }
    var settings = all.object("truncation");
    settings.only("direction", "max_length", "strategy", "stride");
    return Optional.of(
        new Pipeline.Truncation(
            settings.number("max_length"),
            settings.text("strategy", "LongestFirst"),
            settings.optionalNumber("stride").orElse(0),
            settings.text("direction", "Right")));
  }

  private static Optional<Pipeline.Padding> padding(JsonFields all) throws FormatException {
    if (!all.has("padding")) {
      return Optional.empty();
    }
    var settings = all.object("padding");
    settings.only(
        "strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token");
    Optional<Integer> length = Optional.empty();
    if (settings.object().at("strategy") instanceof Json.Obj) {
      length = Optional.of(settings.object("strategy").number("Fixed"));
    } else if (!settings.text("strategy").equals("BatchLongest")) {
      throw settings.wrong("strategy", "\"BatchLongest\" or {\"Fixed\": length}");
    }
    return Optional.of(
        new Pipeline.Padding(
            length,
            settings.optionalNumber("pad_to_multiple_of"),
            settings.number("pad_id"),
            settings.number("pad_type_id"),
            settings.text("pad_token"),
            settings.text("direction", "Right")));
  }
}
