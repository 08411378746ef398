package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.agent.AgentFiles;
import telos.agent.AgentPlan;
import telos.agent.PolicyExport;
import telos.nn.format.Json;
import telos.nn.format.OnnxExport;
import telos.nn.format.OnnxFile;
import telos.nn.format.PretrainedReward;
import telos.rl.Policy;
import telos.rl.environment.Environment;
import telos.rl.environment.Environments;
import telos.study.RunDirectory;

/// Writes a language model, or how an agent acts, as an ONNX file.
@Command(
    name = "onnx",
    description = "Writes a language model, or how a trained agent acts, as an ONNX file.")
final class ExportOnnxCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "A directory of Hugging Face's layout (a language or a reward model), of a 'train lm' run, or"
              + " of an agent's training: of its first seed the best policy, without chance.")
  private @Nullable Path model;

  @Option(names = "--out", paramLabel = "FILE", description = "Where to write.")
  private @Nullable Path out;

  @Option(
      names = "--opset",
      defaultValue = "17",
      description = "Version of the operator set, 17 to 23 (${DEFAULT-VALUE}).")
  private int opset;

  @Override
  public Integer call() throws Exception {
    if (model == null || out == null) {
      throw new ParameterException(
          spec.commandLine(), "Which model, and where to? Give --model DIR and --out FILE");
    }
    PrintWriter console = spec.commandLine().getOut();
    OnnxFile written = versioned(export(model)).write(out);
    console.printf(
        "%s: opset %d, IR version %d, %d initializers, %d bytes%n",
        out, written.opset(), written.irVersion(), written.initializers(), written.weightBytes());
    written.inputs().forEach(input -> console.println("input " + text(input)));
    written.outputs().forEach(output -> console.println("output " + text(output)));
    written.external().forEach(name -> console.println("weights in " + name));
    console.flush();
    return 0;
  }

  private OnnxExport versioned(OnnxExport export) {
    try {
      return export.withOpset(opset);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private static OnnxExport export(Path directory) throws IOException {
    if (AgentPlan.isOf(directory)) {
      return agent(RunDirectory.open(directory));
    }
    Path config = directory.resolve("config.json");
    return Files.isRegularFile(config) && isReward(config)
        ? OnnxExport.of(PretrainedReward.load(directory).model())
        : OnnxExport.of(TextModel.load(directory).gpt());
  }

  private static OnnxExport agent(RunDirectory run) throws IOException {
    AgentPlan plan = AgentPlan.of(run);
    Policy policy = new AgentFiles(run, plan.seed()).policy(AgentFiles.Kind.BEST, plan);
    try (Environment<?, ?> sample = Environments.of(plan.environment())) {
      return PolicyExport.of(policy, sample.observations());
    } catch (IllegalArgumentException e) {
      throw new IOException("'%s': %s".formatted(run.path(), e.getMessage()), e);
    }
  }

  private static boolean isReward(Path config) throws IOException {
    return Json.read(config.toString(), Files.readAllBytes(config)) instanceof Json.Obj fields
        && fields.at("architectures").text().contains("ForSequenceClassification");
  }

  private static String text(OnnxFile.Value value) {
    return value.name() + " " + value.type() + " " + value.dims();
  }
}
