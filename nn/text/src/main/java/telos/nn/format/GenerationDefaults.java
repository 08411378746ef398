package telos.nn.format;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// How a model's directory asks for its model to be sampled, where whoever generates says nothing
/// else.
///
/// @param bos the token a sequence begins with, if there is one
/// @param eos the tokens that end a sequence
/// @param pad the token that fills a row, if there is one
/// @param sampled whether tokens are drawn; else the likeliest is taken
/// @param temperature of the draws
/// @param topP the mass of the likeliest tokens that are drawn from
/// @param topK the number of the likeliest tokens that are drawn from
public record GenerationDefaults(
    OptionalInt bos,
    List<Integer> eos,
    OptionalInt pad,
    boolean sampled,
    OptionalDouble temperature,
    OptionalDouble topP,
    OptionalInt topK) {
  /// Copies the list.
  public GenerationDefaults {
    eos = List.copyOf(eos);
  }

  /// The likeliest tokens, up to one of these.
  public static GenerationDefaults greedy(OptionalInt bos, List<Integer> eos, OptionalInt pad) {
    return new GenerationDefaults(
        bos, eos, pad, false, OptionalDouble.empty(), OptionalDouble.empty(), OptionalInt.empty());
  }

  /// Those of `generation_config.json`; ids that it does not give are those of `config.json`.
  static GenerationDefaults read(JsonFields config, Optional<JsonFields> generation)
      throws FormatException {
    var own = generation.orElse(new JsonFields(config.file(), "", new Json.Obj(Map.of())));
    return new GenerationDefaults(
        id(own.has("bos_token_id") ? own : config, "bos_token_id"),
        ids(own.has("eos_token_id") ? own : config),
        id(own.has("pad_token_id") ? own : config, "pad_token_id"),
        own.truth("do_sample", false),
        real(own, "temperature"),
        real(own, "top_p"),
        id(own, "top_k"));
  }

  private static OptionalInt id(JsonFields fields, String name) throws FormatException {
    return fields.has(name) ? OptionalInt.of(fields.number(name)) : OptionalInt.empty();
  }

  private static OptionalDouble real(JsonFields fields, String name) throws FormatException {
    return fields.has(name) ? OptionalDouble.of(fields.real(name)) : OptionalDouble.empty();
  }

  private static List<Integer> ids(JsonFields fields) throws FormatException {
    if (!(fields.object().at("eos_token_id") instanceof Json.Arr(var items))) {
      return id(fields, "eos_token_id").stream().boxed().toList();
    }
    var ids = new ArrayList<Integer>();
    for (var item : items) {
      ids.add(fields.number(item, "an item of \"eos_token_id\""));
    }
    return ids;
  }

  /// Every token that is named.
  Stream<Integer> tokens() {
    return Stream.of(bos.stream().boxed(), eos.stream(), pad.stream().boxed()).flatMap(s -> s);
  }

  /// The ids as `config.json` and `generation_config.json` have them.
  Map<String, Json> ids() {
    var fields = new LinkedHashMap<String, Json>();
    bos.ifPresent(id -> fields.put("bos_token_id", Json.of(id)));
    if (!eos.isEmpty()) {
      fields.put("eos_token_id", Json.of(eos.size() == 1 ? eos.getFirst() : eos));
    }
    pad.ifPresent(id -> fields.put("pad_token_id", Json.of(id)));
    return fields;
  }

  /// The object of a `generation_config.json`.
  Json.Obj json() {
    var fields = ids();
    fields.put("do_sample", Json.of(sampled));
    temperature.ifPresent(value -> fields.put("temperature", Json.of(value)));
    topP.ifPresent(value -> fields.put("top_p", Json.of(value)));
    topK.ifPresent(value -> fields.put("top_k", Json.of(value)));
    return new Json.Obj(fields);
  }
}
