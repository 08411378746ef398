package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.BeamSearch;
import telos.nn.DecodingBatch;
import telos.nn.Generator;
import telos.nn.Guidance;
import telos.nn.Sampling;
import telos.nn.format.Json;
import telos.tensor.Rng;

/// Goes on with a text, or with token ids.
@Command(name = "generate", description = "Continues a text with a language model.")
final class GenerateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "A Hugging Face directory, or the directory of a 'train lm' run.")
  private @Nullable Path model;

  @Option(names = "--prompt", defaultValue = "", description = "What the text begins with.")
  private String prompt = "";

  @Option(
      names = "--ids",
      split = ",",
      paramLabel = "ID",
      description = "Token ids in place of a text, separated by commas.")
  private List<Integer> ids = new ArrayList<>();

  @Mixin private SamplingOptions options = new SamplingOptions();

  @Option(names = "--stop", paramLabel = "TEXT", description = "Ends before this; may be repeated.")
  private List<String> stops = new ArrayList<>();

  @Option(names = "--samples", defaultValue = "1", description = "Completions (${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--beams",
      defaultValue = "0",
      description = "Search the likeliest completions with so many beams; draws nothing.")
  private int beams;

  @Option(
      names = "--length-penalty",
      defaultValue = "1",
      description = "Of the search: 0 compares sums of log-probabilities, 1 means.")
  private double lengthPenalty;

  @Option(
      names = "--amateur",
      paramLabel = "DIR",
      description = "Contrastive decoding against this smaller model.")
  private @Nullable Path amateur;

  @Option(names = "--seed", defaultValue = "0", description = "Seed (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--json",
      description = "One JSON object a completion: the new ids, and the text if a text was given.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (model == null) {
      throw usage("Which model? Give --model DIR");
    }
    if (samples < 1 || beams < 0 || beams > 0 && samples > beams) {
      throw usage("--samples must be at least 1, and at most --beams where those are given");
    }
    if (!ids.isEmpty() && !stops.isEmpty()) {
      throw usage("--stop ends a text; give --prompt in place of --ids");
    }
    TextModel writer = TextModel.load(model);
    Sampling sampling = checked(() -> options.sampling(writer, samples > 1 && beams == 0));
    int[] tokens =
        ids.isEmpty() ? writer.prompt(prompt) : ids.stream().mapToInt(Integer::intValue).toArray();
    boolean streaming = !json && samples == 1 && beams == 0 && ids.isEmpty();
    print(streaming ? prompt : "");
    List<Continuation> written = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      written.add(continuation(writer, sampling, streaming ? this::print : _ -> {}));
    }
    if (beams > 0) {
      search(writer, tokens, sampling, written);
    } else {
      sample(writer, tokens, sampling, written);
    }
    report(written, streaming);
    return 0;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private <T> T checked(Supplier<T> body) {
    try {
      return body.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private Continuation continuation(TextModel writer, Sampling sampling, Consumer<String> heard) {
    return checked(() ->
        new Continuation(
            ids.isEmpty() ? writer.tokenizer() : Optional.empty(),
            stops,
            sampling.stopTokens(),
            heard));
  }

  private void sample(TextModel writer, int[] tokens, Sampling sampling, List<Continuation> written)
      throws IOException {
    DecodingBatch batch = batch(writer);
    for (Rng key : Generator.keys(Rng.of(seed), 1, samples)) {
      batch.add(tokens, sampling, key);
    }
    for (var events = batch.step(); !events.isEmpty(); events = batch.step()) {
      for (DecodingBatch.Event event : events) {
        switch (event) {
          case DecodingBatch.Event.Token token -> {
            if (written.get(token.row().number()).add(token.id())) {
              batch.remove(token.row());
            }
          }
          case DecodingBatch.Event.Failure(_, var cause) -> throw cause;
        }
      }
    }
    written.forEach(Continuation::finish);
  }

  private DecodingBatch batch(TextModel writer) throws IOException {
    return amateur == null
        ? new DecodingBatch(writer.gpt())
        : new DecodingBatch(writer.gpt(), Guidance.contrastive(TextModel.load(amateur).gpt(), 0.1));
  }

  private void search(
      TextModel writer, int[] tokens, Sampling sampling, List<Continuation> written) {
    BeamSearch search =
        checked(() ->
            new BeamSearch(
                beams,
                samples,
                sampling.maxNewTokens(),
                sampling.stopTokens(),
                lengthPenalty,
                false));
    List<BeamSearch.Hypothesis> found = search.search(writer.gpt(), tokens);
    for (int i = 0; i < found.size(); i++) {
      for (int id : found.get(i).completion().tokens()) {
        if (written.get(i).add(id)) {
          break;
        }
      }
      written.get(i).finish();
    }
  }

  private void report(List<Continuation> written, boolean streamed) {
    for (int i = 0; i < written.size(); i++) {
      Continuation one = written.get(i);
      if (json) {
        print(json(one) + System.lineSeparator());
      } else if (!ids.isEmpty()) {
        print(
            one.ids().stream().map(String::valueOf).collect(Collectors.joining(","))
                + System.lineSeparator());
      } else {
        String number = samples == 1 ? "" : "[" + (i + 1) + "] ";
        print((streamed ? "" : number + prompt + one.text()) + System.lineSeparator());
      }
    }
  }

  private String json(Continuation one) {
    var object = new LinkedHashMap<String, Object>();
    if (ids.isEmpty()) {
      object.put("text", one.text());
    }
    object.put("ids", one.ids());
    return Json.of(object).text();
  }

  private void print(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }
}
