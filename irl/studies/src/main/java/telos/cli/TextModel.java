package telos.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import telos.nn.Gpt;
import telos.nn.Sampling;
import telos.nn.Warp;
import telos.nn.format.GenerationDefaults;
import telos.nn.format.Pretrained;
import telos.nn.serve.ServedModel;
import telos.nn.text.ByteTokenizer;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;
import telos.nn.text.Tokenizer;
import telos.study.RunDirectory;

/// A model that writes, from a Hugging Face directory, as a run of `sft` is one too, or from the
/// run of `train lm`.
///
/// @param tokenizer empty where the directory has none: then there are only ids
/// @param template how conversations are written, where it holds them
/// @param defaults how a Hugging Face directory asks for its model to be sampled
record TextModel(
    Gpt gpt,
    Optional<Tokenizer> tokenizer,
    Optional<ChatTemplate> template,
    Optional<GenerationDefaults> defaults) {
  static TextModel load(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException("There is no directory '%s'".formatted(directory));
    }
    boolean bare = !Files.exists(directory.resolve("config.json"));
    if (bare && Files.exists(directory.resolve("adapter_config.json"))) {
      throw new IOException(
          "'%s' is an adapter; make a model of it with: telos merge --model BASE --adapter %s --out DIR"
              .formatted(directory, directory));
    }
    return bare && Files.exists(directory.resolve("run.json"))
        ? trained(directory)
        : pretrained(directory);
  }

  private static TextModel trained(Path directory) throws IOException {
    RunDirectory run = RunDirectory.open(directory);
    LanguageModel model = LanguageModel.newest(run, LanguageModel.Config.of(run));
    if (model.step() == 0) {
      throw new IOException("'%s' has no checkpoint yet".formatted(directory));
    }
    return new TextModel(
        model.gpt(), Optional.of(new ByteTokenizer()), Optional.empty(), Optional.empty());
  }

  private static TextModel pretrained(Path directory) throws IOException {
    Pretrained model = Pretrained.load(directory);
    return new TextModel(
        model.model(),
        model.tokenizer().map(t -> t),
        model.chatTemplate(),
        Optional.of(model.defaults()));
  }

  /// What a server answers with.
  ///
  /// @param id what clients call it
  ServedModel served(String id) throws IOException {
    Tokenizer words =
        tokenizer.orElseThrow(() ->
            new IOException("The model has no tokenizer.json, without which there is no text"));
    var stops = defaults.map(own -> Set.copyOf(own.eos())).orElse(Set.of());
    return new ServedModel(id, gpt, words, template, stops);
  }

  /// The tokens of a text to go on with, after the begin token if the tokenizer asks for one. An
  /// empty text is the begin token, or a new line.
  int[] prompt(String text) throws IOException {
    if (tokenizer.isEmpty()) {
      throw new IOException("The model has no tokenizer.json; give the prompt with --ids");
    }
    int[] ids =
        tokenizer.get() instanceof SubwordTokenizer subword
            ? subword.framed(subword.encoding(text)).ids()
            : tokenizer.get().encode(text);
    if (ids.length > 0) {
      return ids;
    }
    return defaults
        .flatMap(own -> own.bos().stream().boxed().findFirst())
        .map(bos -> new int[] {bos})
        .orElseGet(() -> tokenizer.get().encode("\n"));
  }

  /// How the model is sampled where nobody says otherwise.
  Sampling sampling(int tokens) {
    if (defaults.isEmpty()) {
      return Sampling.of(tokens);
    }
    GenerationDefaults own = defaults.get();
    Sampling sampling = Sampling.of(tokens, own.eos().toArray(Integer[]::new));
    return own.sampled()
        ? sampling.with(
            new Warp.Temperature(own.temperature().orElse(1)),
            new Warp.TopK(own.topK().orElse(0)),
            new Warp.TopP(own.topP().orElse(1)))
        : sampling.withTemperature(0);
  }
}
