package telos.nn.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import telos.nn.format.AtomicFiles;
import telos.nn.format.FormatException;
import telos.nn.format.Json;

/// Hugging Face's `tokenizer.json` for byte-level BPE. What would change the ids and is not
/// implemented is refused by name, never ignored.
final class TokenizerJson {
  private static final long MAX_BYTES = 1L << 28;
  private final String file;

  private TokenizerJson(String file) {
    this.file = file;
  }

  static BytePairTokenizer.Definition read(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new IOException("cannot read %s: no such file".formatted(path));
    }
    if (Files.size(path) > MAX_BYTES) {
      throw new FormatException(
          "%s: is larger than the %d bytes a tokenizer may have".formatted(path, MAX_BYTES));
    }
    var json = new TokenizerJson(path.toString());
    return json.definition(
        json.object(Json.read(path.toString(), Files.readAllBytes(path)), "the file"));
  }

  private BytePairTokenizer.Definition definition(Json.Obj all) throws FormatException {
    var model = object(all.at("model"), "\"model\"");
    checkModel(model);
    var vocabulary = vocabulary(object(model.at("vocab"), "\"vocab\""));
    var added = added(all.at("added_tokens"));
    checkIds(vocabulary, added);
    checkNull(all, "truncation", "padding");
    var post = all.at("post_processor");
    return new BytePairTokenizer.Definition(
        vocabulary,
        merges(list(model.at("merges"), "\"merges\""), vocabulary),
        added,
        cuts(all.at("pre_tokenizer"), all.at("normalizer")),
        model.at("ignore_merges").equals(new Json.Bool(true)),
        post);
  }

  private void checkModel(Json.Obj model) throws FormatException {
    if (!(model.at("type") instanceof Json.Str(var type) && type.equals("BPE"))) {
      throw fault("the model must be of type \"BPE\", not %s".formatted(model.at("type").text()));
    }
    checkNull(model, "continuing_subword_prefix", "end_of_word_suffix", "dropout", "byte_fallback");
    for (int b = 0; b < 256; b++) {
      var token = Character.toString(ByteAlphabet.character(b));
      if (!(model.at("vocab") instanceof Json.Obj vocab && vocab.fields().containsKey(token))) {
        throw fault("the vocabulary lacks \"%s\", the token of byte %d".formatted(token, b));
      }
    }
  }

  private void checkNull(Json.Obj object, String... names) throws FormatException {
    for (var name : names) {
      boolean off =
          switch (object.at(name)) {
            case Json.Null _ -> true;
            case Json.Str(var text) -> text.isEmpty();
            case Json.Bool(var on) -> !on;
            case Json.Num(var digits) -> Double.parseDouble(digits) == 0;
            default -> false;
          };
      if (!off) {
        throw fault("\"%s\" is %s, which is not supported".formatted(name, object.at(name).text()));
      }
    }
  }

  private Map<String, Integer> vocabulary(Json.Obj vocab) throws FormatException {
    var vocabulary = new LinkedHashMap<String, Integer>();
    for (var entry : vocab.fields().entrySet()) {
      vocabulary.put(entry.getKey(), id(entry.getValue(), "\"%s\"".formatted(entry.getKey())));
    }
    return vocabulary;
  }

  private int id(Json json, String of) throws FormatException {
    if (json instanceof Json.Num(var digits) && digits.matches("\\d{1,9}")) {
      return Integer.parseInt(digits);
    }
    throw fault("the id of %s is %s, not a small whole number".formatted(of, json.text()));
  }

  /// Distinct ids, and no more room between them than a real vocabulary leaves: the table of tokens
  /// is allocated by the greatest.
  private void checkIds(Map<String, Integer> vocabulary, List<AddedToken> added)
      throws FormatException {
    var seen = new HashSet<Integer>();
    for (var entry : vocabulary.entrySet()) {
      if (!seen.add(entry.getValue())) {
        throw fault("two tokens have the id %d".formatted(entry.getValue()));
      }
    }
    for (var token : added) {
      boolean same = Integer.valueOf(token.id()).equals(vocabulary.get(token.content()));
      if (!seen.add(token.id()) && !same) {
        throw fault(
            "the added token \"%s\" has the id %d of another token"
                .formatted(token.content(), token.id()));
      }
    }
    long room = 2L * seen.size() + 1024;
    for (int id : seen) {
      if (id >= room) {
        throw fault("a token has the id %d in a vocabulary of %d".formatted(id, seen.size()));
      }
    }
  }

  private List<Merges.Merge> merges(List<Json> lines, Map<String, Integer> vocabulary)
      throws FormatException {
    var merges = new ArrayList<Merges.Merge>();
    var seen = new HashSet<Long>();
    for (var line : lines) {
      var pair = pair(line);
      var left = vocabulary.get(pair.getFirst());
      var right = vocabulary.get(pair.getLast());
      var merged = vocabulary.get(pair.getFirst() + pair.getLast());
      if (left == null || right == null || merged == null) {
        throw fault(
            "merge %d, %s, has a token that is not in the vocabulary"
                .formatted(merges.size(), line.text()));
      }
      if (!seen.add(Merges.key(left, right))) {
        throw fault("merge %d, %s, is there twice".formatted(merges.size(), line.text()));
      }
      merges.add(new Merges.Merge(left, right, merged));
    }
    return merges;
  }

  /// `["a", "b"]`, or `"a b"` in older files.
  private List<String> pair(Json line) throws FormatException {
    if (line instanceof Json.Arr(var items)
        && items.size() == 2
        && items.getFirst() instanceof Json.Str(var left)
        && items.getLast() instanceof Json.Str(var right)) {
      return List.of(left, right);
    }
    if (line instanceof Json.Str(var text)) {
      int space = text.indexOf(' ');
      if (space > 0 && space < text.length() - 1 && space == text.lastIndexOf(' ')) {
        return List.of(text.substring(0, space), text.substring(space + 1));
      }
    }
    throw fault("%s is not a merge; it must be [\"a\", \"b\"] or \"a b\"".formatted(line.text()));
  }

  private List<AddedToken> added(Json json) throws FormatException {
    var added = new ArrayList<AddedToken>();
    if (json instanceof Json.Null) {
      return added;
    }
    for (var item : list(json, "\"added_tokens\"")) {
      var token = object(item, "an added token");
      checkNull(token, "single_word", "lstrip", "rstrip");
      if (!(token.at("content") instanceof Json.Str(var content)) || content.isEmpty()) {
        throw fault("an added token has no content");
      }
      boolean special = token.at("special").equals(new Json.Bool(true));
      added.add(new AddedToken(id(token.at("id"), content), content, special));
    }
    return added;
  }

  private PreTokenizer cuts(Json pre, Json normalizer) throws FormatException {
    var found =
        switch (type(pre)) {
          case "ByteLevel" -> byteLevel((Json.Obj) pre, true) ? PreTokenizer.GPT2 : null;
          case "Sequence" -> sequence((Json.Obj) pre);
          default -> null;
        };
    boolean composed = type(normalizer).equals("NFC");
    if (found == null
        || composed != (found == PreTokenizer.QWEN2)
        || !composed && !(normalizer instanceof Json.Null)) {
      throw fault(
          "the pre_tokenizer %s with normalizer %s is not supported; those of GPT-2, Llama 3 and Qwen 2 are"
              .formatted(pre.text(), normalizer.text()));
    }
    return found;
  }

  private @org.jspecify.annotations.Nullable PreTokenizer sequence(Json.Obj pre)
      throws FormatException {
    var parts = list(pre.at("pretokenizers"), "\"pretokenizers\"");
    if (parts.size() == 2
        && type(parts.getFirst()).equals("Split")
        && type(parts.getLast()).equals("ByteLevel")
        && parts.getFirst() instanceof Json.Obj split
        && byteLevel((Json.Obj) parts.getLast(), false)
        && split.at("behavior").equals(new Json.Str("Isolated"))
        && split.at("invert").equals(new Json.Bool(false))
        && split.at("pattern") instanceof Json.Obj pattern) {
      for (var cuts : PreTokenizer.values()) {
        if (pattern.at("Regex").equals(new Json.Str(cuts.expression()))) {
          return cuts;
        }
      }
    }
    return null;
  }

  private static boolean byteLevel(Json.Obj part, boolean expression) {
    boolean uses = !part.at("use_regex").equals(new Json.Bool(false));
    return part.at("add_prefix_space").equals(new Json.Bool(false)) && uses == expression;
  }

  private static String type(Json json) {
    return json instanceof Json.Obj object && object.at("type") instanceof Json.Str(var type)
        ? type
        : "";
  }

  private Json.Obj object(Json json, String what) throws FormatException {
    if (json instanceof Json.Obj object) {
      return object;
    }
    throw fault("%s must be an object".formatted(what));
  }

  private List<Json> list(Json json, String what) throws FormatException {
    if (json instanceof Json.Arr(var items)) {
      return items;
    }
    throw fault("%s must be an array".formatted(what));
  }

  private FormatException fault(String what) {
    return new FormatException("%s: %s".formatted(file, what));
  }

  static void write(Path file, BytePairTokenizer.Definition definition) throws IOException {
    var text = Json.of(all(definition)).text();
    AtomicFiles.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static Map<String, Json> all(BytePairTokenizer.Definition definition) {
    var all = new LinkedHashMap<String, Json>();
    all.put("version", Json.of("1.0"));
    all.put("truncation", Json.Null.NULL);
    all.put("padding", Json.Null.NULL);
    all.put(
        "added_tokens", Json.of(definition.added().stream().map(TokenizerJson::added).toList()));
    boolean composed = definition.cuts() == PreTokenizer.QWEN2;
    all.put("normalizer", composed ? fields("type", "NFC") : Json.Null.NULL);
    all.put("pre_tokenizer", preTokenizer(definition.cuts()));
    all.put("post_processor", definition.postProcessor());
    all.put("decoder", byteLevel(true));
    all.put("model", model(definition));
    return all;
  }

  private static Json added(AddedToken token) {
    return fields(
        "id", token.id(),
        "content", token.content(),
        "single_word", false,
        "lstrip", false,
        "rstrip", false,
        "normalized", false,
        "special", token.special());
  }

  private static Json preTokenizer(PreTokenizer cuts) {
    if (cuts == PreTokenizer.GPT2) {
      return byteLevel(true);
    }
    var split =
        fields(
            "type",
            "Split",
            "pattern",
            fields("Regex", cuts.expression()),
            "behavior",
            "Isolated",
            "invert",
            false);
    return fields("type", "Sequence", "pretokenizers", List.of(split, byteLevel(false)));
  }

  private static Json byteLevel(boolean expression) {
    return fields(
        "type",
        "ByteLevel",
        "add_prefix_space",
        false,
        "trim_offsets",
        true,
        "use_regex",
        expression);
  }

  private static Json model(BytePairTokenizer.Definition definition) {
    var names = new LinkedHashMap<Integer, String>();
    definition.vocabulary().forEach((token, id) -> names.put(id, token));
    var merges =
        definition.merges().stream()
            .map(m -> List.of(names.get(m.left()), names.get(m.right())))
            .toList();
    return fields(
        "type",
        "BPE",
        "dropout",
        Json.Null.NULL,
        "unk_token",
        Json.Null.NULL,
        "continuing_subword_prefix",
        Json.Null.NULL,
        "end_of_word_suffix",
        Json.Null.NULL,
        "fuse_unk",
        false,
        "byte_fallback",
        false,
        "ignore_merges",
        definition.ignoreMerges(),
        "vocab",
        definition.vocabulary(),
        "merges",
        merges);
  }

  /// An object of alternating names and values.
  private static Json fields(Object... parts) {
    var fields = new LinkedHashMap<String, Json>();
    for (int i = 0; i < parts.length; i += 2) {
      fields.put((String) parts[i], Json.of(parts[i + 1]));
    }
    return new Json.Obj(fields);
  }
}
